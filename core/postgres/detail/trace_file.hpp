// The file that libpq writes a session's protocol to, for finding faults. Private to this library; used by the session.
#pragma once

#include <libpq-fe.h>

#include <cstdio>
#include <memory>
#include <string>

namespace tripool::postgres {

/// Owns the file of one connection's trace. Must outlive the connection.
class trace_file {
public:
  /// Traces from now on, appending to the file of this path, which is made readable for its owner only. Empty, or a
  /// file that cannot be written: no trace.
  void begin(PGconn* conn, const std::string& path);

private:
  struct closer {
    void operator()(std::FILE* x) const noexcept { std::fclose(x); }
  };
  std::unique_ptr<std::FILE, closer> file_;
};

} // namespace tripool::postgres
