// A health machine under a clock of the test's own, with short words for the evidence that it is given.
// Used by the tests of health.
#pragma once

#include "tripool/core/health/health_machine.hpp"

#include <string>
#include <string_view>

namespace tripool::test {

inline bool contains(const std::string& where, std::string_view what) {
  return where.find(what) != std::string::npos;
}

/// The machine and the present moment. Every function first lets time pass where it says so.
struct health_fixture {
  monitor_options o;
  time_point start{std::chrono::hours{1}};
  time_point now = start;
  health_machine m{"primary", o, start};

  static server_facts primary(std::uint32_t timeline = 1) {
    server_facts f;
    f.role = server_role::primary;
    f.timeline = timeline;
    f.wal_position = 1000;
    f.system_identifier = 7;
    return f;
  }

  static server_facts standby(std::uint32_t timeline = 1) {
    auto f = primary(timeline);
    f.role = server_role::standby;
    f.read_only = true;
    f.receiving = true;
    f.replay_lag = duration{0};
    return f;
  }

  /// Waits until the probe is due, sends it, and answers it after `latency` on a new session.
  health_effects answer(duration latency = std::chrono::milliseconds{5}, server_facts facts = primary()) {
    wait_for_probe();
    const auto sent = now;
    m.probe_sent(now);
    now += latency;
    return m.probe_answered({facts, latency, sent}, now);
  }

  /// The same on a session that was opened long ago.
  health_effects answer_on_old_session(server_facts facts = primary()) {
    wait_for_probe();
    m.probe_sent(now);
    now += std::chrono::milliseconds{5};
    return m.probe_answered({facts, std::chrono::milliseconds{5}, start}, now);
  }

  health_effects fail(probe_failure::kind what, std::string sqlstate = {},
                      duration after = std::chrono::milliseconds{1}) {
    wait_for_probe();
    m.probe_sent(now);
    now += after;
    return m.probe_failed({what, std::move(sqlstate), {}}, now);
  }

  health_effects refuse(std::string sqlstate = {}) { return fail(probe_failure::kind::refused, std::move(sqlstate)); }
  health_effects time_out() { return fail(probe_failure::kind::timed_out, {}, m.probe_deadline()); }

  void wait_for_probe() {
    if (m.next_probe() != time_point::max() && m.next_probe() > now) now = m.next_probe();
  }

  duration until_next() const { return m.next_probe() - now; }
  health_state state() const { return m.snapshot().state; }
};

} // namespace tripool::test
