// Who serves: the resilient part (manager, monitor and their pools), the simple pool beneath it, or nobody. Watches the
// two actors without which the resilient part cannot be trusted, and decides when it is left and when it is taken back.
//
//   resilient --manager or monitor gone or silent for silence_max, or the manager rests--> simple
//   simple    --both have answered for return_after-->                                      resilient
//   simple    --its actor has ended and may not be started yet-->                           none
//   none      --its actor lives again--> simple;   --both have answered for return_after-->  resilient
//
// Silence is counted only while the questions could be asked: a process that was stopped blames nobody for it. Who is
// silent for too long is to be ended, so that it is started anew and lets go of what it holds. Questions are asked
// while there is traffic, and seldom without.
// Moves no request and knows no actor. Used by the delegate.
#pragma once

#include "tripool/core/config/options.hpp"
#include "tripool/core/time.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tripool {

/// Who serves new requests.
enum class service_mode : std::uint8_t { resilient, simple, none };

/// Returns the mode's name: "resilient", "simple", "none".
std::string_view to_string(service_mode x) noexcept;

/// Who is watched.
enum class watched_peer : std::uint8_t { manager, monitor };
inline constexpr std::array<watched_peer, 2> watched_peers{watched_peer::manager, watched_peer::monitor};

/// What is to be done; carried out in this order.
struct fallback_effects {
  std::vector<watched_peer> end;    ///< They were silent for too long: end them.
  bool ask = false;                 ///< Ask both, as far as they are there, whether they are there.
  bool start_simple = false;        ///< The simple pool is needed: start it.
  bool retire_simple = false;       ///< It is not needed any more: let it finish what it has.
  std::optional<service_mode> mode; ///< The mode has changed to this one.
};

/// The machine. A plain value; moments must not go backwards.
class fallback_machine {
public:
  /// Between two questions while there is traffic or something is wrong.
  static constexpr duration ask_pause = std::chrono::milliseconds{500};

  /// `calm_pause`: between two questions without traffic. `resilience` false: the simple pool from the beginning.
  fallback_machine(const simple_pool_options& limits, duration calm_pause, bool resilience, time_point now);

  /// Another `calm_pause` is in force.
  void ask_when_calm(duration pause) noexcept { calm_pause_ = std::max(pause, ask_pause); }

  // -- events; the effects come from `advance` ---------------------------------------------------------------------
  /// It lives, as far as is known; harmless when it did before.
  void present(watched_peer x, time_point now);
  /// It has ended.
  void gone(watched_peer x, time_point now, std::string_view why);
  /// It has answered.
  void answered(watched_peer x, time_point now);
  /// Its supervisor will not start it for a while: `why` says so. Undone by `present`.
  void cannot_start(watched_peer x, time_point now, std::string why);
  /// Requests came since the last `advance`.
  void traffic() noexcept { traffic_ = true; }
  /// The simple pool's actor has been started; has ended, and may be started again at once or not before
  /// `simple_may_start`.
  void simple_present() noexcept { simple_ = true; }
  void simple_gone(std::string why, bool rests);
  void simple_may_start() noexcept { simple_rests_ = false; }

  /// Decides; to be called after each batch of events and at `next_wake`.
  fallback_effects advance(time_point now);
  /// When `advance` must be called next; nothing: not before an event.
  std::optional<time_point> next_wake() const noexcept;

  service_mode mode() const noexcept { return mode_; }
  /// Since when it is so, and why.
  time_point since() const noexcept { return since_; }
  const std::string& why() const noexcept { return why_; }
  /// How often the resilient part was left, and taken back.
  std::uint64_t falls() const noexcept { return falls_; }
  std::uint64_t returns() const noexcept { return returns_; }

private:
  struct peer {
    bool there = false;
    bool resting = false;                   ///< May not be started for a while.
    bool answers = false;                   ///< No question to it is open.
    duration absent{0};                     ///< Gone for so long, ...
    duration silent{0};                     ///< ... or without an answer to a question for so long.
    std::optional<time_point> good_since{}; ///< Has been answering since then.
    std::string why{};
  };

  peer& of(watched_peer x) noexcept { return peers_[static_cast<std::size_t>(x)]; }
  const peer& of(watched_peer x) const noexcept { return peers_[static_cast<std::size_t>(x)]; }
  void count_time(time_point now);
  std::string complaint() const;
  bool well(time_point now) const noexcept;
  bool worried() const noexcept;
  duration pause() const noexcept;
  void choose_mode(time_point now, fallback_effects& out);
  void ask_if_due(time_point now, fallback_effects& out);

  simple_pool_options limits_;
  duration calm_pause_;
  bool resilience_;
  std::array<peer, 2> peers_;
  service_mode mode_;
  time_point since_;
  std::string why_;
  bool fallen_; ///< The resilient part is not to be used.
  std::string fallen_why_;
  std::string simple_why_; ///< Why the simple pool ended last.
  bool simple_ = false;
  bool simple_rests_ = false;
  bool traffic_ = false;
  time_point counted_to_;
  time_point asked_at_;
  std::uint64_t falls_ = 0;
  std::uint64_t returns_ = 0;
};

} // namespace tripool
