// The factory's one function.
#include "tripool/core/postgres/session_factory.hpp"

#include "tripool/core/postgres/detail/libpq_session.hpp"

namespace tripool::postgres {

session_factory::session_factory() : helper_(std::make_shared<log_in_helper>()) {}

std::unique_ptr<session> session_factory::dial(const dial_target& to, const credential& with,
                                               std::function<void()> wake) {
  return std::make_unique<libpq_session>(to, with, std::move(wake), helper_);
}

} // namespace tripool::postgres
