// Writes that take effect exactly once: the token that names such a write for ever, and the statements around it. The
// token's row is inserted first in the write's own transaction, so that a second sending finds it there, waits for it
// while the first is under way, and takes effect itself if the first was lost, also after a failover.
// Knows no connection. Used by requests, the pipeline and the delegate.
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/result/server_message.hpp"
#include "tripool/core/statement/statement.hpp"
#include "tripool/core/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tripool {

/// The longest token, in bytes: a UUID as text has 36.
inline constexpr std::size_t token_bytes_max = 200;

/// The first statement of a write with a token. Parameters: the token, and the write's name or NULL.
inline constexpr std::string_view token_claim_text = "INSERT INTO tripool.tokens (token, caller) VALUES ($1, $2)";
/// Asks whether a token was applied, by a write of its own: where commits wait for a synchronous standby, its answer
/// says that the token has got there too. One row, or none when the token is unknown. Parameter: the token.
inline constexpr std::string_view token_confirm_text =
  "UPDATE tripool.tokens SET applied = applied WHERE token = $1 RETURNING applied";
/// Takes a token out of use unless it was applied. One row: whether it was. Parameter: the token.
inline constexpr std::string_view token_withdraw_text =
  "INSERT INTO tripool.tokens (token, applied) VALUES ($1, false) "
  "ON CONFLICT (token) DO UPDATE SET applied = tokens.applied RETURNING applied";

/// Returns why a token must not be used, as `rejected` with cause `invalid_request`: 22023 too long or empty, 22021 no
/// UTF-8 or with a NUL.
std::optional<failure> check_token(std::string_view token);

/// Returns why tokens of that age must not be deleted, as `rejected`: 22023 when it is not at least ten times the
/// longest deadline, and an hour.
std::optional<failure> check_token_age(std::chrono::seconds age, duration deadline_max);

/// The statement as the only one of a batch, with all that it declares.
batch as_batch(statement x);
inline batch as_batch(batch x) {
  return x;
}

/// The write with its token's row in front.
batch with_token(statement x);
batch with_token(batch x);

/// What the server's error to the token's own statement means.
enum class token_refusal : std::uint8_t {
  taken,     ///< The token is there: its write was applied, or the token was withdrawn.
  no_schema, ///< The table does not exist: `token_table` makes it.
  forbidden, ///< The role may not use the table.
  other,     ///< Something that has nothing to do with tokens.
};
token_refusal refusal_of(const server_message& e) noexcept;

/// The statement that asks whether the token was applied.
statement token_question(std::string_view token);
/// The statement that withdraws a token.
statement withdrawal_of(std::string_view token);
/// The transaction that makes schema, table and index where they do not exist.
batch token_table();
/// The statement that deletes up to `rows_max` tokens older than `age`, oldest first.
statement old_tokens_deletion(std::chrono::seconds age, std::uint32_t rows_max);

} // namespace tripool
