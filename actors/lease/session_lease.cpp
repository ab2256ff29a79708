// The lease's messages.
#include "tripool/actors/lease/session_lease.hpp"

#include "tripool/actors/lease/orders.hpp"

#include <utility>

namespace tripool {

caf::message_handler session_lease::commands() {
  return {
    [this](statement& x) { return ask_checked(std::move(x), scope::lease); },
    [this](batch& x) { return ask_checked(std::move(x), scope::lease); },
    [this](const begin& x) {
      if (auto f = check(order_of(x))) {
        refuse(std::move(*f));
        return caf::delegated<>{};
      }
      return ask(lease_task::begin, command_of(begin_text(options_of(x)), x.timeout), answer_form::nothing);
    },
    [this](const commit& x) { return ask(lease_task::commit, command_of("COMMIT", x.timeout), answer_form::single); },
    [this](const rollback& x) {
      return ask(lease_task::rollback, command_of("ROLLBACK", x.timeout), answer_form::nothing);
    },
    [this](release) { return ask(lease_task::release, command_of("DISCARD ALL"), answer_form::nothing); },
  };
}

std::shared_ptr<const loan> session_lease::make_loan(session_handle x) {
  return std::make_shared<const loan_of<lease_handle>>(lease_handle{std::move(x)});
}

} // namespace tripool
