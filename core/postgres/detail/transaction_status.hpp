// Follows a session's transaction status from the answers, for syncs at which libpq does not tell it:
// PQtransactionStatus says "active" as long as anything is queued behind the sync, although the server sent the status.
// Pure: knows nothing of libpq. Whenever libpq does tell, the session puts that in. Used by the session.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tripool::postgres {

/// What a statement does to the transaction around it, as far as its command tag does not say so.
enum class transaction_control : std::uint8_t {
  none,      ///< Nothing, or what its tag tells (BEGIN).
  ends,      ///< COMMIT, END, ROLLBACK, ABORT, PREPARE TRANSACTION: over, even when it fails while committing.
  continues, ///< ROLLBACK TO a savepoint, or AND CHAIN: same tag as the above, but a transaction goes on.
};

/// Reads a statement's first words. Quick for statements that do not begin like one of these.
transaction_control control_of(std::string_view sql) noexcept;

/// The names of prepared statements that control transactions: a handful, so a plain list.
class control_names {
public:
  void prepared(const std::string& name, std::string_view sql);
  void closed(const std::string& name);
  transaction_control find(const std::string& name) const noexcept;

private:
  std::vector<std::pair<std::string, transaction_control>> names_;
};

/// The status as ReadyForQuery spells it: I idle, T in a transaction, E in a failed one.
///
///   state | answer                              | next
///   any   | tag BEGIN, START TRANSACTION        | T
///   any   | tag COMMIT, ROLLBACK, of `ends`     | I
///   any   | tag COMMIT, ROLLBACK, of `continues`| T
///   any   | tag PREPARE TRANSACTION             | I
///   T     | error of `ends` while it ran        | I
///   T     | any other error                     | E
///   I, E  | error                               | unchanged
class transaction_status {
public:
  char value() const noexcept { return value_; }
  /// The server's own word.
  void is(char x) noexcept { value_ = x; }
  void completed(transaction_control control, std::string_view tag) noexcept;
  void failed(transaction_control control, std::string_view sqlstate) noexcept;

private:
  char value_ = 'I';
};

} // namespace tripool::postgres
