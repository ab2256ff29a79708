// The notice receiver.
#include "tripool/core/postgres/detail/notices.hpp"

namespace tripool::postgres {

void notice_buffer::install(PGconn* conn) noexcept {
  PQsetNoticeReceiver(conn, &notice_buffer::receive, this);
}

void notice_buffer::receive(void* self, const PGresult* x) noexcept {
  auto& buffer = *static_cast<notice_buffer*>(self);
  server_message m = message_of(*x);
  if (ends_session(m)) {
    buffer.fatal_ = std::move(m);
    return;
  }
  // quickdie() warns with these two, on an immediate shutdown and after another process crashed.
  if (m.sqlstate == "57P01" || m.sqlstate == "57P02") {
    buffer.farewell_ = m;
  }
  if (m.severity.empty()) {
    m.severity = "NOTICE"; // libpq's own
  }
  buffer.waiting_.push_back(std::move(m));
}

} // namespace tripool::postgres
