// The factory's one function.
#include "tripool/core/postgres/session_factory.hpp"

#include "tripool/core/postgres/detail/libpq_session.hpp"

namespace tripool::postgres {

std::unique_ptr<session> session_factory::dial(const dial_target& to, const credential& with,
                                               std::function<void()> wake) {
  return std::make_unique<libpq_session>(to, with, std::move(wake));
}

} // namespace tripool::postgres
