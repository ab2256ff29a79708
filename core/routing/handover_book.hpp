// What is on its way to the monitor, in messages that it has not opened yet, and when whose time is over: should the
// monitor be stuck, somebody else can answer by then what lies in its mailbox, and keep it from growing without bound.
// Owns no request: a message that is lost hands its requests back as ever. Knows no clock and no actor. Used by those
// who send requests to the monitor, by the monitor, and by the delegate.
#pragma once

#include "tripool/core/pool/pool_effects.hpp"
#include "tripool/core/request/request.hpp"
#include "tripool/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace tripool {

/// Requests in unopened messages. Not thread-safe.
class handover_book {
public:
  /// At most `size_max` wait for a monitor that is stuck: something waits for `late`, and in as long a time after that
  /// was seen nothing is opened. One that is only behind finds all that came meanwhile.
  handover_book(std::size_t size_max, duration late) noexcept : size_max_(size_max), late_(late) {}

  /// A message with this request is about to be sent. Returns whether whoever calls `expire` is to look sooner than
  /// `next_wake` said so far. What has been answered is not noted.
  bool handed(const moved_request& x, time_point now);
  /// Its receiver has opened the message.
  void opened(const request& r) noexcept;
  /// Returns, and forgets, those that their callers have taken back and that bring no doubt along.
  std::vector<moved_request> take_cancelled();
  /// Returns, and forgets, those whose time has been over for `late`, and of a stuck monitor those that are too many,
  /// the least urgent and last ones, with the failures that their callers are to hear. Whoever opens the messages later
  /// finds them answered. Costs nothing while nobody has to be answered.
  std::vector<moved_request> expire(time_point now);

  /// When `expire` is next needed; nothing: none is on its way.
  std::optional<time_point> next_wake() const noexcept;
  std::size_t size() const noexcept { return all_.size(); }

private:
  struct entry {
    std::weak_ptr<request> what;
    failure why; ///< What it brings along from its last pool.
    time_point since;
    time_point until;
  };
  void forget_lost();
  bool is_full() const noexcept { return all_.size() > size_max_; }
  void shed(std::vector<moved_request>& out);

  std::size_t size_max_;
  duration late_;
  std::unordered_map<std::uint64_t, entry> all_; ///< By the requests' numbers.
  std::size_t forget_at_ = 0;                    ///< So many entries, and those of lost messages are looked for.
  std::optional<time_point> first_;              ///< None's time is over before.
  time_point oldest_{};                          ///< None was handed over before.
  std::optional<time_point> suspected_; ///< When the monitor was first seen to be behind; nothing opened since.
};

} // namespace tripool
