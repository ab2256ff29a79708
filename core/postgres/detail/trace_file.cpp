// Opening the file of a trace.
#include "tripool/core/postgres/detail/trace_file.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace tripool::postgres {

void trace_file::begin(PGconn* conn, const std::string& path) {
  if (path.empty()) {
    return;
  }
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) {
    return;
  }
  file_.reset(fdopen(fd, "a"));
  if (!file_) {
    close(fd);
    return;
  }
  setvbuf(file_.get(), nullptr, _IOLBF, 0); // Several sessions share the file: lines stay whole.
  PQtrace(conn, file_.get());
}

} // namespace tripool::postgres
