// What a caller asks when it wants a session of its own for a while: a lease, a transaction, a stream, a COPY. It
// travels and waits like a statement; the connection that takes it is lent until the borrower is done with it.
// A plain value. Knows nothing of connections. Used by the delegate, the pool machine, connections and lease machines.
#pragma once

#include "tripool/core/statement/statement.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tripool {

/// The isolation of a transaction; `standard` leaves it to the server's default_transaction_isolation.
enum class isolation : std::uint8_t { standard, read_committed, repeatable_read, serializable };

/// What a transaction begins with.
struct transaction_options {
  isolation level = isolation::standard;
  bool read_only = false;
  bool deferrable = false; ///< Waits for a snapshot that cannot fail: for SERIALIZABLE READ ONLY alone.
};

/// What a session is borrowed for.
enum class session_purpose : std::uint8_t { lease, transaction, stream, copy_in, copy_out };

/// Returns the purpose for people: "lease", "transaction", ...
std::string_view to_string(session_purpose x) noexcept;

/// An order for a session. Answered when the session is there and what it opens with is done.
struct session_order {
  session_purpose what = session_purpose::lease;
  access mode = access::write;           ///< `read`: a standby's session will do.
  std::chrono::milliseconds timeout{0};  ///< Until the session is there; 0 takes the configured default.
  std::chrono::milliseconds hold_max{0}; ///< It is taken back after this time; 0 takes the configured default.
  std::string pool{};                    ///< The only pool that may serve it; empty lets the routing choose.
  transaction_options transaction{};     ///< For a transaction.
  std::vector<statement> opening{};      ///< Run before the order is answered: BEGIN, DECLARE; may be none.
};

/// "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE", as far as the options say so.
std::string begin_text(const transaction_options& x);
/// The name as SQL text: in double quotes, with those inside it doubled.
std::string quote_name(std::string_view name);

} // namespace tripool
