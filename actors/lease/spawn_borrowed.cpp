// The kinds of borrowed sessions by what they are ordered for.
#include "tripool/actors/lease/spawn_borrowed.hpp"

#include "tripool/actors/lease/copy_stream.hpp"
#include "tripool/actors/lease/row_stream.hpp"
#include "tripool/actors/lease/session_lease.hpp"
#include "tripool/actors/lease/transaction.hpp"

#include <utility>

namespace tripool {

caf::actor spawn_borrowed(caf::actor_system& sys, const environment_ptr& env, std::shared_ptr<lent_session>& got,
                          request_ptr& order, const lender& from) {
  switch (order->order()->what) {
    case session_purpose::lease:
      return sys.spawn<session_lease, caf::hidden>(env, std::move(got), std::move(order), from);
    case session_purpose::transaction:
      return sys.spawn<transaction, caf::hidden>(env, std::move(got), std::move(order), from);
    case session_purpose::stream:
      return sys.spawn<row_stream, caf::hidden>(env, std::move(got), std::move(order), from);
    case session_purpose::copy_in:
    case session_purpose::copy_out: return sys.spawn<copy_stream>(env, std::move(got), std::move(order), from);
  }
  return {};
}

} // namespace tripool
