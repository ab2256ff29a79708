// Callers' messages as orders for a session. Used by the delegate.
#pragma once

#include "tripool/actors/protocol_copy.hpp"
#include "tripool/actors/protocol_session.hpp"
#include "tripool/core/statement/session_order.hpp"
#include "tripool/core/util/expected.hpp"

namespace tripool {

/// The order for a lease: it opens with nothing.
session_order order_of(const acquire& x);
/// The order for a transaction: it opens with its BEGIN. A read-only one may be a standby's, unless it is serializable,
/// which a standby cannot be.
session_order order_of(const begin& x);
/// The orders for a COPY, or why the text cannot be one.
expected<session_order, failure> order_of(const copy_in& x);
expected<session_order, failure> order_of(const copy_out& x);
/// What the transaction begins with.
transaction_options options_of(const begin& x);
/// A command that the lease makes itself, such as COMMIT. Zero as timeout: the default.
statement command_of(std::string text, std::chrono::milliseconds timeout = {});

} // namespace tripool
