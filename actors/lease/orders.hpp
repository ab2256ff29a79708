// Callers' messages as orders for a session. Used by the delegate.
#pragma once

#include "tripool/actors/protocol_session.hpp"
#include "tripool/core/statement/session_order.hpp"

namespace tripool {

/// The order for a lease: it opens with nothing.
session_order order_of(const acquire& x);
/// The order for a transaction: it opens with its BEGIN. A read-only one may be a standby's, unless it is serializable,
/// which a standby cannot be.
session_order order_of(const begin& x);
/// What the transaction begins with.
transaction_options options_of(const begin& x);

} // namespace tripool
