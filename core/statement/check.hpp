// What Tripool refuses before anything is sent: requests that no server could serve, that would mislead their caller,
// or that would leave something behind on a connection that others use too. Knows nothing of connections and pools.
// Used by the delegate, once for each request.
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/statement/session_order.hpp"
#include "tripool/core/statement/statement.hpp"
#include "tripool/core/statement/statement_list.hpp"
#include "tripool/core/statement/traits.hpp"
#include "tripool/core/statement/traits_cache.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace tripool {

/// The most parameters of one statement: the protocol counts them in 16 bits.
inline constexpr std::size_t parameters_max = 65'535;

/// The most bytes of a text, and of all parameters of one statement together. PostgreSQL closes the connection on a
/// message of 1 GB; this leaves 1 MB for what surrounds them.
inline constexpr std::size_t message_bytes_max = (std::size_t{1} << 30U) - (std::size_t{1} << 20U);

/// Returns why the statement must not be sent, as `rejected` with cause `invalid_request` and an SQLSTATE:
///   22021  a NUL byte or invalid UTF-8, in the text or in a text parameter (named by its number)
///   22003, 22008 ... a parameter that its type cannot represent, as its codec found
///   22023  a negative timeout
///   42601  an empty text, or several statements in one text
///   08P01  another number of parameters than the text asks for (its highest $n)
///   54000  too many parameters, or too large
///   25006  declared a read, but it changes data, locks rows or makes a table
///   25P01  SET LOCAL, SET TRANSACTION, SET CONSTRAINTS and DECLARE outside a batch: it would have no effect
///   22023, 22021, 0A000  a token, position or look-up that does not fit (token.hpp); 25001 a token on what ends
///          transactions itself
///   25001  COMMIT PREPARED or ROLLBACK PREPARED inside a batch
///   22023, 22021  a name or trace context that is none (labels.hpp)
///   0A000  transaction control, COPY, session state, temporary objects that outlive the transaction
/// Nothing means that it may be sent. No message holds a parameter's value. Allocates only to refuse.
std::optional<failure> check(const statement& x);

/// The same, with traits that are known already: they must be those of `x.text`, which must be valid UTF-8.
std::optional<failure> check(const statement& x, const statement_traits& traits);

/// The same, with the traits of texts that `known` has; others are analysed, and kept in it when they may be sent.
std::optional<failure> check(const statement& x, traits_cache& known);

/// Where a statement is to run, which decides what would harm others or its own surroundings.
enum class scope : std::uint8_t {
  shared,      ///< On a connection that others use too, as its own transaction.
  transaction, ///< On a connection lent for one transaction, and not reset afterwards.
  lease,       ///< On a connection lent for session work, and reset afterwards.
};

/// The same for a statement on a borrowed session. `mode` is the session's: a read's statements must be reads.
/// In a transaction transaction control (0A000: there are messages for it), COPY and what would stay on the session are
/// refused; in a lease only COPY is, and transaction control inside a batch.
std::optional<failure> check(const statement& x, scope where, access mode);
std::optional<failure> check(const batch& x, scope where, access mode);

/// Checks an order: its times (22023), and options that would have no effect (22023).
std::optional<failure> check(const session_order& x);

/// Checks every statement of a batch, against the access of the whole batch. The message says which statement it is
/// about, counting from 1. An empty batch is refused (42601).
std::optional<failure> check(const batch& x);

/// Checks the list as a whole: it must not be empty (42601), nor hold more than `size_max` statements (54000). Each of
/// its statements is checked by itself.
std::optional<failure> check(const statement_list& x, std::size_t size_max);

/// Others are checked alike, with or without a cache.
template <class Body>
  requires requires(const Body& x) {
    check(x);
  }
std::optional<failure> check(const Body& x, traits_cache&) {
  return check(x);
}

} // namespace tripool
