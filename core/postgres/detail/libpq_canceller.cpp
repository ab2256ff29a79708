// The cancel request, by whichever of libpq's two interfaces the build found.
#include "tripool/core/postgres/detail/libpq_canceller.hpp"

#include "tripool/core/postgres/detail/handles.hpp"
#include "tripool/core/postgres/detail/libpq_text.hpp"

#include <array>

namespace tripool::postgres {

namespace {

#ifdef LIBPQ_HAS_ASYNC_CANCEL

using cancel_handle = std::unique_ptr<PGcancelConn, libpq_deleter<PQcancelFinish>>;

std::optional<std::string> request(cancel_handle& handle) {
  PQcancelReset(handle.get()); // so that it may be asked again
  if (PQcancelBlocking(handle.get())) {
    return std::nullopt;
  }
  return one_line(PQcancelErrorMessage(handle.get()));
}

cancel_handle handle_of(PGconn* conn) {
  return cancel_handle{PQcancelCreate(conn)};
}

#else

using cancel_handle = std::unique_ptr<PGcancel, libpq_deleter<PQfreeCancel>>;

std::optional<std::string> request(cancel_handle& handle) {
  std::array<char, 256> error{};
  if (PQcancel(handle.get(), error.data(), static_cast<int>(error.size()))) {
    return std::nullopt;
  }
  return one_line(error.data());
}

cancel_handle handle_of(PGconn* conn) {
  return cancel_handle{PQgetCancel(conn)};
}

#endif

class libpq_canceller final : public canceller {
public:
  explicit libpq_canceller(cancel_handle handle) : handle_(std::move(handle)) {}

  std::optional<std::string> cancel() override {
    if (!handle_) {
      return "the session had no server to cancel at";
    }
    auto error = request(handle_);
    if (error && error->empty()) {
      error = "the cancel request failed, and the client library does not say why";
    }
    return error;
  }

private:
  cancel_handle handle_;
};

} // namespace

std::unique_ptr<canceller> make_libpq_canceller(PGconn* conn) {
  return std::make_unique<libpq_canceller>(conn ? handle_of(conn) : cancel_handle{});
}

} // namespace tripool::postgres
