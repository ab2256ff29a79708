// The transaction's messages.
#include "tripool/actors/lease/transaction.hpp"

#include "tripool/actors/lease/orders.hpp"

#include <utility>

namespace tripool {

caf::message_handler transaction::commands() {
  constexpr auto nothing = answer_form::nothing;
  return {
    [this](statement& x) { return ask_checked(std::move(x), scope::transaction); },
    [this](batch& x) { return ask_checked(std::move(x), scope::transaction); },
    [this](const commit& x) { return ask(lease_task::commit, command_of("COMMIT", x.timeout), answer_form::single); },
    [this](const rollback& x) { return ask(lease_task::rollback, command_of("ROLLBACK", x.timeout), nothing); },
    [this](savepoint& x) {
      return ask(lease_task::savepoint, command_of("SAVEPOINT " + quote_name(x.name)), nothing, x.name);
    },
    [this](rollback_to& x) {
      return ask(lease_task::rollback_to, command_of("ROLLBACK TO SAVEPOINT " + quote_name(x.name)), nothing, x.name);
    },
    [this](release_savepoint& x) {
      auto s = command_of("RELEASE SAVEPOINT " + quote_name(x.name));
      return ask(lease_task::release_savepoint, std::move(s), nothing, x.name);
    },
  };
}

std::shared_ptr<const loan> transaction::make_loan(session_handle x) {
  return std::make_shared<const loan_of<transaction_handle>>(transaction_handle{std::move(x)});
}

} // namespace tripool
