// Owning handles for what libpq allocates, so that no path leaks or frees twice.
// Private to this library: the only way in which its files hold a PGconn or a PGresult.
#pragma once

#include <libpq-fe.h>

#include <memory>

namespace tripool::postgres {

/// Calls libpq's own function to free an object.
template <auto Free>
struct libpq_deleter {
  template <class T>
  void operator()(T* x) const noexcept {
    Free(x);
  }
};

using conn_handle = std::unique_ptr<PGconn, libpq_deleter<PQfinish>>;
using result_handle = std::unique_ptr<PGresult, libpq_deleter<PQclear>>;
using notify_handle = std::unique_ptr<PGnotify, libpq_deleter<PQfreemem>>;

} // namespace tripool::postgres
