// The audit of moves: which request went from where to where, why, and on what proof that this did no harm. A bounded
// ring of the last ones, for the question "why was this request moved?".
// Knows no actor and no clock. Kept in the environment, written by the monitor and the delegate, shown by the status.
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace tripool {

/// One move of a request that a pool, or its holder, could not serve.
struct move_note {
  std::uint64_t serial = 0;  ///< Counts all moves since the start.
  std::uint64_t request = 0; ///< As in failure::request.
  time_point at{};
  std::string name;           ///< What its caller called it, or empty.
  std::string token;          ///< Its token, or empty.
  std::string from;           ///< The pool that could not serve it; empty: an actor that died held it.
  std::string to;             ///< The pool that tries it now; empty: the routing chooses anew.
  cause why = cause::none;    ///< Why it left.
  std::string sqlstate;       ///< What the server had said, or empty.
  std::string message;        ///< The failure's sentence.
  proof proved = proof::none; ///< Why it may be sent again.
  std::uint32_t attempts = 0; ///< How often it had been handed to a server by then.
};

/// "request 7 went from primary to backup after 1 attempt: connection_lost: ...; harmless by never_sent".
std::string to_string(const move_note& x);

/// The ring. Not thread-safe: the monitor and the delegate share one loop.
class move_log {
public:
  explicit move_log(std::size_t size_max = 256) : size_max_(size_max) {}

  /// Adds a note under the next serial; the oldest one goes when the ring is full.
  void add(move_note x);
  /// The notes that are left, oldest first.
  std::vector<move_note> all() const;
  /// Those of one request.
  std::vector<move_note> of(std::uint64_t request) const;
  /// How many there have been.
  std::uint64_t count() const;

private:
  std::size_t size_max_;
  std::uint64_t count_ = 0;
  std::deque<move_note> notes_;
};

} // namespace tripool
