// The judgement itself. Three kinds of evidence: probes (this machine asks for them), troubles, and answered requests.
#include "tripool/core/health/health_machine.hpp"

#include "tripool/core/health/health_text.hpp"
#include "tripool/core/outcome/classify.hpp"
#include "tripool/core/util/mutation.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tripool {

namespace {

/// A refusal counts only when a second probe confirms it.
constexpr std::uint32_t refusals_max = 2;
/// Trouble is over after so many answered probes in a row.
constexpr std::uint32_t calm_probes = 3;
/// A search for a writer is hurried for so long; then it goes on at the longest trouble interval.
constexpr duration hurry = 60s;

bool concerns_server(cause why) noexcept {
  return why == cause::connection_failed || why == cause::connection_lost || why == cause::deadline
         || why == cause::protocol;
}

/// "timed out (57P03: the database system is starting up)"
std::string describe(const probe_failure& x) {
  std::string out;
  switch (x.what) {
    case probe_failure::kind::timed_out: out = "no answer"; break;
    case probe_failure::kind::lost: out = "session lost"; break;
    case probe_failure::kind::refused: out = "refused"; break;
    case probe_failure::kind::error: out = "answered with an error"; break;
  }
  if (x.sqlstate.empty() && x.message.empty()) return out;
  out.append(" (").append(x.sqlstate);
  if (!x.sqlstate.empty() && !x.message.empty()) out.append(": ");
  return out.append(x.message).append(")");
}

} // namespace

health_machine::health_machine(std::string pool, const monitor_options& o, time_point now)
  : o_(o), due_(now), quick_(o.trouble_interval_min) {
  s_.pool = std::move(pool);
  s_.since = now;
  s_.reason = "not probed yet";
}

// -- probes -----------------------------------------------------------------------------------------------------------

void health_machine::probe_sent(time_point now) {
  assert(!in_flight_);
  in_flight_ = true;
  again_ = false;
  sent_at_ = now;
}

health_effects health_machine::probe_answered(const probe_answer& x, time_point now) {
  health_effects out;
  end_probe(now);
  ++s_.probes_answered;
  s_.misses = 0;
  refusals_ = 0;
  s_.sqlstate.clear();
  s_.latency = x.latency;
  s_.last_answer = now;
  s_.alive = true;
  adopt(x, out, now);
  judge_latency(x.latency, out, now);
  if (s_.state != health_state::unhealthy && ++calm_ >= calm_probes) s_.trouble = false;
  plan(out, false, now);
  return out;
}

health_effects health_machine::probe_failed(const probe_failure& x, time_point now) {
  health_effects out;
  end_probe(now);
  // Whoever waits for every server to be asked once waits no longer, whatever the verdict.
  out.table_changed = s_.probes_answered + s_.probes_failed == 0;
  ++s_.probes_failed;
  s_.sqlstate = x.sqlstate;
  fresh_ = true;
  enter_trouble();
  if (x.what == probe_failure::kind::refused) {
    refusal(x, out, now);
  } else {
    miss(x, out, now);
  }
  // The session may have died long ago: a new one tells how the server is now.
  plan(out, x.what == probe_failure::kind::lost && s_.misses == 1, now);
  return out;
}

void health_machine::end_probe(time_point now) {
  in_flight_ = false;
  ended_at_ = now;
}

/// Takes over what the server says of itself.
void health_machine::adopt(const probe_answer& x, health_effects& out, time_point now) {
  const auto before = std::exchange(s_.facts, x.facts);
  const bool was_writable = before.role == server_role::primary && !before.read_only && !s_.fenced;
  const bool was_fenced = s_.fenced;
  s_.facts_at = now;
  if (!s_.fenced) {
    fresh_ = false;
  } else if (x.session_opened >= *fenced_at_) {
    s_.fenced = false;
    fresh_ = false;
    if (s_.writable()) acquitted_at_ = now;
  } else {
    again_ = true; // An old session may not know yet.
  }
  if (s_.facts != before || s_.fenced != was_fenced) out.table_changed = true;
  const auto& f = s_.facts;
  if (before.system_identifier && f.system_identifier && *before.system_identifier != *f.system_identifier) {
    out.evict = "a server of another cluster answers at this address";
  } else if (before.timeline && f.timeline && f.role == server_role::primary && *f.timeline < *before.timeline) {
    out.evict =
      "the server went back from timeline " + std::to_string(*before.timeline) + " to " + std::to_string(*f.timeline);
  } else if (was_writable && !s_.writable()) {
    out.evict = f.role == server_role::standby ? "the server is a standby now" : "the server became read-only";
  }
}

void health_machine::judge_latency(duration latency, health_effects& out, time_point now) {
  const bool quick = latency < o_.healthy_within;
  auto text = "answered in " + for_people(latency);
  if (latency >= o_.degraded_within) {
    enter_trouble();
    text += ", slower than " + for_people(o_.degraded_within);
    return become(health_state::unhealthy, std::move(text), out, now);
  }
  switch (s_.state) {
    case health_state::unknown:
    case health_state::healthy:
    case health_state::degraded:
      return become(quick ? health_state::healthy : health_state::degraded, std::move(text), out, now);
    case health_state::unhealthy:
      stable_since_ = now;
      return become(health_state::recovering, "answers again", out, now);
    case health_state::recovering:
      if (!quick) stable_since_ = now;
      if (now - stable_since_ >= o_.stable_for) {
        become(health_state::healthy, "well for " + for_people(now - stable_since_), out, now);
      }
      return;
  }
}

/// Nothing came back. Several in a row make the pool unhealthy, unless its requests are answered meanwhile: those that
/// the server answered before it fell silent excuse nothing.
void health_machine::miss(const probe_failure& x, health_effects& out, time_point now) {
  stable_since_ = now;
  ++s_.misses;
  const bool silent_since = unanswered_at_ && served_at_ && *unanswered_at_ > *served_at_;
  if (served_at_ && *served_at_ > sent_at_ && !silent_since) {
    s_.misses = 1;
    if (s_.state == health_state::healthy) {
      become(health_state::degraded, "requests are answered, but the probe got " + describe(x), out, now);
    }
    return;
  }
  const bool silent = x.what != probe_failure::kind::error;
  s_.alive = !silent;
  if (s_.misses < o_.misses_max && s_.state != health_state::unhealthy) return;
  const bool fell = s_.state != health_state::unhealthy;
  become(health_state::unhealthy, std::to_string(s_.misses) + " probes failed in a row: " + describe(x), out, now);
  if (fell && silent && s_.probes_answered > 0) out.evict = "the server has gone silent: " + s_.reason;
}

/// The server, or its host, said no. A server that is only closed to new sessions still serves its old ones.
void health_machine::refusal(const probe_failure& x, health_effects& out, time_point now) {
  stable_since_ = now;
  const bool alive = sign_of(x.sqlstate) == server_sign::refusing;
  if (s_.alive != alive && s_.state == health_state::unhealthy) out.table_changed = true;
  s_.alive = alive;
  ++refusals_;
  const bool serving = served_at_ && now - *served_at_ < 2 * o_.probe_timeout;
  if (alive && serving && s_.state != health_state::unhealthy) {
    if (s_.state != health_state::recovering) become(health_state::degraded, describe(x), out, now);
    return;
  }
  if (refusals_ >= refusals_max || s_.state == health_state::unhealthy) {
    become(health_state::unhealthy, describe(x), out, now);
  }
}

// -- other evidence ---------------------------------------------------------------------------------------------------

health_effects health_machine::trouble(cause why, std::string_view sqlstate, std::string_view message, time_point now) {
  health_effects out;
  const auto sign = sign_of(sqlstate);
  if (mutated(mutation::ignore_read_only) && sign == server_sign::read_only) return out;
  if (sign == server_sign::read_only) {
    fence("a write was refused with " + std::string{sqlstate} + ": " + std::string{message}, out, now);
    return out;
  }
  if (!concerns_server(why) && sign == server_sign::none) return out;
  if (!sqlstate.empty()) s_.sqlstate = sqlstate;
  const bool silent = !s_.last_answer || now - *s_.last_answer >= o_.healthy_within / 4;
  // A request that waited in vain is as good as a probe that did.
  if (why == cause::deadline && silent) {
    unanswered_at_ = now;
    s_.misses = std::max(s_.misses, std::uint32_t{1});
  }
  enter_trouble();
  if (s_.state != health_state::unhealthy) ask_now(out, now);
  return out;
}

health_effects health_machine::reported(std::optional<bool> in_hot_standby, std::optional<bool> read_only,
                                        time_point now) {
  health_effects out;
  if (mutated(mutation::ignore_read_only)) return out;
  const bool barred = in_hot_standby.value_or(false) || read_only.value_or(false);
  if (barred && s_.writable()) {
    fence(in_hot_standby.value_or(false) ? "a session reported that the server is a standby"
                                         : "a session reported that the server is read-only",
          out, now);
    return out;
  }
  const bool promoted = in_hot_standby == false && s_.facts.role == server_role::standby;
  const bool opened = read_only == false && s_.facts.role == server_role::primary && s_.facts.read_only;
  if (!barred && (promoted || opened)) {
    fresh_ = true;
    ask_now(out, now);
  } else if (s_.state == health_state::unhealthy) { // A server that talks to sessions may answer a probe.
    ask_soon(out, now);
  }
  return out;
}

health_effects health_machine::renewed(time_point now) {
  health_effects out;
  if (s_.state != health_state::healthy) ask_now(out, now);
  return out;
}

health_effects health_machine::served(time_point at) {
  health_effects out;
  served_at_ = std::max(served_at_.value_or(at), at);
  s_.last_answer = std::max(s_.last_answer.value_or(at), at);
  out.table_changed = !s_.alive && s_.state == health_state::unhealthy;
  s_.alive = true;
  return out;
}

health_effects health_machine::ask_on_new_session(time_point now) {
  health_effects out;
  fresh_ = true;
  ask_now(out, now);
  return out;
}

health_effects health_machine::set_searching(bool on, time_point now) {
  health_effects out;
  if (!on) {
    searching_since_.reset();
  } else if (!searching_since_) {
    searching_since_ = now;
    if (s_.state != health_state::unhealthy) ask_now(out, now);
  }
  return out;
}

/// Bars writes at once and asks a new session whether that is right. A fence that was refuted a moment ago is not put
/// up again, so that a client which makes its own transactions read-only cannot keep the pool evicted.
void health_machine::fence(std::string reason, health_effects& out, time_point now) {
  const bool acquitted = acquitted_at_ && now - *acquitted_at_ < o_.trouble_interval_max;
  enter_trouble();
  fresh_ = true;
  if (s_.writable() && !acquitted) {
    s_.fenced = true;
    fenced_at_ = now;
    out.evict = std::move(reason);
    out.table_changed = true;
  }
  ask_now(out, now);
}

// -- states and times -------------------------------------------------------------------------------------------------

void health_machine::become(health_state x, std::string reason, health_effects& out, time_point now) {
  if (x != health_state::healthy || x != s_.state) s_.reason = std::move(reason);
  if (x == s_.state) return;
  s_.state = x;
  s_.since = now;
  ++s_.transitions;
  out.became = x;
  out.table_changed = true;
}

void health_machine::enter_trouble() {
  calm_ = 0;
  if (s_.trouble) return;
  s_.trouble = true;
  quick_ = o_.trouble_interval_min;
}

/// As `ask_soon`, but at once while a fence waits to be confirmed.
void health_machine::ask_now(health_effects& out, time_point now) {
  if (s_.fenced && !in_flight_) due_ = std::min(due_, now);
  ask_soon(out, now);
}

/// Brings the next probe forward, but never closer to the last one than the shortest trouble interval, so that a storm
/// of troubles does not become a storm of probes.
void health_machine::ask_soon(health_effects& out, time_point now) {
  if (in_flight_) {
    again_ = true;
    return;
  }
  due_ = std::min(due_, std::max(now, ended_at_.value_or(time_point::min()) + o_.trouble_interval_min));
  out.probe_now = due_ <= now;
  out.fresh_session = out.probe_now && fresh_;
}

/// Sets the time of the next probe after one has ended.
void health_machine::plan(health_effects& out, bool at_once, time_point now) {
  auto wait = pause(now);
  if (again_) wait = std::min(wait, o_.trouble_interval_min);
  const bool outdated = s_.fenced && sent_at_ < *fenced_at_;
  if (at_once || outdated) {
    wait = duration{0};
  } else if (s_.trouble) {
    quick_ = std::min(2 * quick_, o_.trouble_interval_max);
  }
  again_ = false;
  due_ = now + wait;
  out.probe_now = due_ <= now;
  out.fresh_session = out.probe_now && fresh_;
}

duration health_machine::pause(time_point now) const noexcept {
  const bool hurried = searching_since_ && now - *searching_since_ < hurry;
  duration wait = o_.heartbeat_interval;
  if (s_.trouble || s_.state == health_state::unknown || s_.state == health_state::unhealthy) {
    wait = hurried ? std::min(quick_, std::max(o_.trouble_interval_min, o_.trouble_interval_max / 2)) : quick_;
  } else if (hurried) {
    wait = 2 * o_.trouble_interval_min;
  } else if (searching_since_ || s_.state == health_state::recovering) {
    wait = o_.trouble_interval_max;
  }
  return std::min(wait, o_.heartbeat_interval);
}

time_point health_machine::next_probe() const noexcept {
  return in_flight_ ? time_point::max() : due_;
}

duration health_machine::probe_deadline() const noexcept {
  const bool usually_quick = s_.latency && *s_.latency <= o_.healthy_within / 2;
  if (!s_.trouble || !usually_quick || s_.state == health_state::unhealthy) return o_.probe_timeout;
  return std::min(o_.probe_timeout, o_.healthy_within);
}

} // namespace tripool
