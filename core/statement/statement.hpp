// What a caller asks: one statement, or a batch of statements that run as one atomic transaction.
// Plain values that travel in messages. Knows nothing of connections. Used by callers, the delegate and all below.
#pragma once

#include "tripool/core/statement/parameter.hpp"
#include "tripool/core/statement/wal_position.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tripool {

/// Whether a request may change anything. A read may run on a standby, and may be repeated when its answer was lost.
enum class access : std::uint8_t { read, write };

/// Who goes first where requests wait for a connection, and who is shed last.
enum class urgency : std::uint8_t { low, normal, high };

/// How the server encodes the columns of a result.
enum class result_format : std::uint8_t { text, binary };

/// One SQL statement with its parameters. Exactly one command a text; parameters are written $1, $2, ...
struct statement {
  std::string text{};
  std::vector<parameter> parameters{};
  access mode = access::write;
  bool repeatable = false; ///< A write whose repetition is harmless: Tripool may repeat it when its answer was lost.
  result_format format = result_format::binary; ///< Text is for people; codecs read both, most types only binary.
  std::chrono::milliseconds timeout{0}; ///< From arrival at the delegate to the answer; 0 takes the configured default.
  std::string pool{};                   ///< Name of the only pool that may serve it; empty lets the routing choose.
  std::string name{};                   ///< For people: shown beside the text in connection status, failures and logs.
  std::string
    traceparent{}; ///< W3C trace context of the caller, or empty; sent as a comment if `trace-comments` is on.
  std::uint64_t cancel_key = 0;    ///< By which its sender may cancel it, unique among its own; 0: it never will.
  bool cancel_with_caller = false; ///< Cancelled when its sender ends.
  std::string token{};             ///< A write that must take effect exactly once: its own name for itself (token.hpp).
  bool resolve = false;            ///< A write whose lost answer is to be looked up by its transaction's id.
  bool report_position = false;    ///< A write whose result is to say where the WAL stood after its commit.
  std::optional<wal_position> at_least{}; ///< A read that must see what was written up to there.
  urgency priority = urgency::normal;     ///< Among those that wait in the same pool.
};

/// Several statements as one atomic transaction in one round trip: all of them or none.
struct batch {
  std::vector<statement> statements{}; ///< Of these only text, parameters and format count.
  access mode = access::write;
  bool repeatable = false;
  std::chrono::milliseconds timeout{0};
  std::string pool{};
  std::string name{};
  std::string traceparent{};
  std::uint64_t cancel_key = 0;
  bool cancel_with_caller = false;
  std::string token{};
  bool resolve = false;
  bool report_position = false;
  std::optional<wal_position> at_least{};
  urgency priority = urgency::normal;
};

} // namespace tripool
