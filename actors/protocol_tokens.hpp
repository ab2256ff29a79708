// The messages around tokens, by which writes take effect exactly once: the table that they need, and what becomes of
// tokens. A write bears its token in its own field (statement::token); see core/statement/token.hpp.
// Callers need this file only for the table. Used by the delegate and its callers.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace tripool {

/// Anybody -> delegate: makes schema tripool and its table of tokens where they do not exist, on the writable server.
/// Reply: reply, once committed. Errors: a failure; 42501 when the pool's role may not create a schema.
struct create_tokens {};

/// Anybody -> delegate: deletes tokens older than `age`, the oldest first, at most `rows_max` of them. Reply: result,
/// whose command tag tells how many. Errors: a failure; 22023 when `age` is not far above the longest deadline: a token
/// that is gone protects its write no more.
struct clean_tokens {
  std::chrono::seconds age = std::chrono::hours{24 * 7};
  std::uint32_t rows_max = 10'000;
};

/// Anybody -> delegate: takes a token out of use, so that a write with it that is still under way anywhere cannot take
/// effect any more. Reply: result, one row with column `applied`: true when its write had taken effect before; then
/// nothing is changed. Errors: a failure; it may be sent again.
struct withdraw_token {
  std::string token;
};

} // namespace tripool

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::create_tokens)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::clean_tokens)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::withdraw_token)
