// Judges one pool's health from the answers to its probes, from troubles that its requests meet, and from what its
// sessions report; says when to probe next. Answered in time: healthy; slowly: degraded; silent several times or
// refused twice: unhealthy; back again: recovering until it has been well for a while.
// Knows no clock, no connection and no other pool: who may write is settled in the routing table. Used by the monitor.
//
//             first answer                 slow answer, or requests answered while probes fail
//   unknown ---------------> healthy <----------------------------> degraded
//      |                      ^    \                                   /
//      | misses or refusals   |     \  misses_max in a row, or refused twice
//      v                      |      v                               v
//   unhealthy <---------- recovering <------- any answer ------- unhealthy
//              the same     (well for stable_for: healthy)
#pragma once

#include "tripool/core/config/options.hpp"
#include "tripool/core/health/health.hpp"
#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tripool {

/// What an answered probe brought.
struct probe_answer {
  server_facts facts;
  duration latency{0};
  time_point session_opened{}; ///< When the probe's own session was opened.
};

/// How a probe failed.
struct probe_failure {
  enum class kind : std::uint8_t {
    timed_out, ///< No answer, or no session, within `probe_deadline()`.
    lost,      ///< The probe's open session broke: the server may be well, only this session is not.
    refused,   ///< Dialling failed for certain: nobody listens, no route, or a FATAL such as 57P03.
    error,     ///< The server answered the probe with an error, or with what cannot be read.
  };
  kind what = kind::timed_out;
  std::string sqlstate;
  std::string message;
};

/// What the machine wants done after an event.
struct health_effects {
  bool probe_now = false;     ///< Start a probe at once.
  bool fresh_session = false; ///< ... on a new session: what the old one knows of read-only may be outdated.
  bool table_changed = false; ///< Something that the routing table is built from has changed: build and publish it.
  std::optional<health_state> became; ///< The state that it has just come into.
  /// Not empty: end the pool's connections at once, whatever is on them, because of this: the server takes no writes
  /// any more, is another one, or has gone silent.
  std::string evict;
};

/// The health of one pool. Every function takes the present moment, which never goes back.
class health_machine {
public:
  /// The first probe is due at once. `o` is copied.
  health_machine(std::string pool, const monitor_options& o, time_point now);

  /// A probe has been started; until it has been answered or has failed no other is due.
  void probe_sent(time_point now);
  health_effects probe_answered(const probe_answer& x, time_point now);
  health_effects probe_failed(const probe_failure& x, time_point now);

  /// A request met trouble on the pool (a pool's trouble_effect). Lost or refused connections and silent servers bring
  /// quick probes; 25006 fences the pool at once. Other causes say nothing about the server and are ignored.
  health_effects trouble(cause why, std::string_view sqlstate, std::string_view message, time_point now);
  /// A session of the pool reported in_hot_standby or default_transaction_read_only, when it opened or on a change: a
  /// sign of life, if the pool is unhealthy.
  health_effects reported(std::optional<bool> in_hot_standby, std::optional<bool> read_only, time_point now);
  /// What connections are opened with has changed: a pool in trouble is asked at once.
  health_effects renewed(time_point now);
  /// The server answered a request then: while that happens, silent probes do not make the pool unhealthy.
  health_effects served(time_point at);
  /// Somebody wants to know how a new session fares: ask on one, now.
  health_effects ask_on_new_session(time_point now);
  /// No pool takes writes at the moment, so a promotion is awaited: probe more quickly.
  health_effects set_searching(bool on, time_point now);

  /// When the next probe is due; `time_point::max()` while one is on its way. The probe is to use a new session if
  /// `wants_fresh_session()`.
  time_point next_probe() const noexcept;
  bool wants_fresh_session() const noexcept { return fresh_; }
  /// How long the next probe may take: probe_timeout; no longer than healthy_within while a server that used to answer
  /// quickly is in trouble, so that a silent one is found out soon.
  duration probe_deadline() const noexcept;

  /// Other limits are in force from now on.
  void reconfigure(const monitor_options& o) noexcept { o_ = o; }

  const health_snapshot& snapshot() const noexcept { return s_; }

private:
  void become(health_state x, std::string reason, health_effects& out, time_point now);
  void judge_latency(duration latency, health_effects& out, time_point now);
  void end_probe(time_point now);
  void adopt(const probe_answer& x, health_effects& out, time_point now);
  void fence(std::string reason, health_effects& out, time_point now);
  void miss(const probe_failure& x, health_effects& out, time_point now);
  void refusal(const probe_failure& x, health_effects& out, time_point now);
  void enter_trouble();
  void ask_now(health_effects& out, time_point now);
  void ask_soon(health_effects& out, time_point now);
  void plan(health_effects& out, bool at_once, time_point now);
  duration pause(time_point now) const noexcept;

  monitor_options o_;
  health_snapshot s_;
  time_point due_;
  time_point sent_at_{};
  std::optional<time_point> ended_at_; ///< When the last probe ended.
  std::optional<time_point> served_at_;
  std::optional<time_point> unanswered_at_; ///< When the pool last said that its requests wait for a silent server.
  std::optional<time_point> fenced_at_;
  std::optional<time_point> acquitted_at_; ///< When a new session's probe last refuted a fence.
  std::optional<time_point> searching_since_;
  time_point stable_since_{};
  duration quick_;             ///< The present pause while there is trouble.
  std::uint32_t refusals_ = 0; ///< In a row.
  std::uint32_t calm_ = 0;     ///< Good answers in a row since the last trouble.
  bool in_flight_ = false;
  bool again_ = false; ///< Trouble came while a probe was on its way: ask once more after it.
  bool fresh_ = false;
};

} // namespace tripool
