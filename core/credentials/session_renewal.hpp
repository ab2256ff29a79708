// When a session that is kept for itself - a probe's, the listener's - is replaced because what sessions are opened
// with has changed: a successor is dialled at a random moment within the spread, and takes its place once it is open.
// Until then the old session stays, so that a successor that is not let in costs nothing but another try.
// Knows no session, no actor and no clock; randomness is an argument. Used by monitor and listener; the pools' own
// connections are replaced by pool_machine, with the same pause.
#pragma once

#include "tripool/core/time.hpp"

#include <cstdint>
#include <optional>

namespace tripool {

/// The renewal of one session. A plain value. Changes have numbers that grow; a session knows those up to its `as_of`.
/// `random`: 64 random bits.
class session_renewal {
public:
  /// The shortest pause between two tries.
  static constexpr duration pause_min = std::chrono::seconds{1};

  /// How long a session that is outdated from the start is kept before another one is dialled: at most the spread, or
  /// `pause_min`, and at least half of that.
  static duration pause(duration spread, std::uint64_t random) noexcept;

  /// Change number `generation` replaced what sessions are opened with: an older session is to go within `spread`.
  void changed(std::uint64_t generation, duration spread, time_point now, std::uint64_t random) noexcept;
  /// There is a session, which knows the changes up to `as_of`.
  void opened(std::uint64_t as_of, time_point now, std::uint64_t random) noexcept;
  /// There is none any more. What is dialled next is no successor, and one that is being dialled is not wanted.
  void ended() noexcept;

  /// Whether a successor is to be dialled now.
  bool wants_successor(time_point now) const noexcept { return due_ && *due_ <= now; }
  /// It is being dialled.
  void successor_dialled() noexcept { due_.reset(); }
  /// It is open. Returns whether it is to take the session's place; else it is to be closed: it knows no better, for
  /// example since it was lent the secret that was good last.
  bool successor_opened(std::uint64_t as_of, time_point now, std::uint64_t random) noexcept;
  /// It could not be opened, or broke before it took the session's place.
  void successor_failed(time_point now, std::uint64_t random) noexcept;

  /// When `wants_successor` becomes true.
  std::optional<time_point> next_wake() const noexcept { return due_; }

private:
  void try_again(time_point now, std::uint64_t random) noexcept;

  std::uint64_t newest_ = 0; ///< The newest change.
  duration spread_{0};
  std::optional<std::uint64_t> as_of_; ///< Of the session, while there is one.
  std::optional<time_point> due_;
};

} // namespace tripool
