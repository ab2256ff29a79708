// How far the simple pool's server is, as far as reads that ask for a position need it. Nobody compares servers while
// the simple pool serves, and an old primary that goes on beside its successor calls itself a primary, too: only the
// timeline of its log tells. A server that is on the timeline of a position, or on a later one, has what is left of it.
// Asks by an ordinary request to the pool, when the first read needs it. Holds no request of others. Owned by the
// simple pool, and used on its thread only.
#pragma once

#include "tripool/core/request/request.hpp"
#include "tripool/core/statement/wal_position.hpp"
#include "tripool/core/time.hpp"

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace tripool {

/// The question's answer, brought to the simple pool: where the server's log stands, or why that is not known.
struct timeline_told_msg {
  std::optional<wal_position> at;
  std::string why_not; ///< For people.
  bool lost = false;   ///< Whoever was to ask died: it is to be asked again.
};

/// The desk.
class timeline_desk {
public:
  /// Whether the server is known to be far enough for it: it asks for no position, or for one of a timeline that the
  /// server has reached.
  bool covers(const tripool::request& r) const noexcept;

  /// Returns the question, to be sent to the pool; `timeline_told_msg` comes to `asker`. Null while one is open.
  std::shared_ptr<tripool::request> ask(caf::actor asker, time_point now, time_point deadline);
  /// The server may be another one now, or on another timeline: what is known of it does not hold.
  void forget() noexcept { timeline_ = 0; }
  /// The answer has come.
  void told(const timeline_told_msg& x);
  /// Why a read that is not covered after an answer cannot be served.
  failure refusal(const tripool::request& r, const timeline_told_msg& x) const;

private:
  std::uint32_t timeline_ = 0; ///< The server was at least there. 0: not asked yet.
  bool asking_ = false;
};

} // namespace tripool

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::timeline_told_msg)
