// What goes wrong between Tripool and the primary: replies and requests lost, links cut, reset, refused, silent, slow.
// Each scenario breaks the network, mends it, measures what its row promises, and takes the account.
// Knows no server's inside. Used by the runner.
#include "tests/chaos/stage.hpp"

#include <algorithm>

namespace tripool::chaos {

namespace {

constexpr int rounds = 8;

/// Every link that is established falls into an ambush, again and again.
void ambushes(stage& s, ambush what, std::size_t bytes) {
  for (int i = 0; i < rounds; ++i) {
    const auto before = s.proxy(0).caught();
    s.proxy(0).lay(what, bytes + static_cast<std::size_t>(i));
    s.wait_until("a link in the ambush", 5s, [&] { return s.proxy(0).caught() > before; });
    s.play(100ms);
  }
  s.proxy(0).lay(ambush::none);
  const auto mended = stage::now();
  s.record("first write after mend", s.first_write(mended), 1s);
  s.account();
}

void reset_storm(stage& s) {
  for (int i = 0; i < 20; ++i) {
    s.proxy(0).reset_all();
    s.play(100ms);
  }
  s.account();
  s.record("longest gap without a write", s.result().account.longest_gap, 500ms);
}

void refused(stage& s) {
  faults f;
  f.refuse = true;
  s.proxy(0).set(f);
  const auto begin = stage::now();
  s.record("first read elsewhere", s.first_read(begin), 1s);
  s.play(1s);
  s.proxy(0).mend();
  s.record("first write after mend", s.first_write(stage::now()), 1s);
  s.account();
}

/// Sets the fault for so long, and expects a write soon after it has gone.
void for_a_while(stage& s, const faults& f, std::chrono::milliseconds how_long, std::chrono::milliseconds bar) {
  s.proxy(0).set(f);
  s.play(how_long);
  s.proxy(0).mend();
  s.record("first write after mend", s.first_write(stage::now()), bar);
}

void stall(stage& s) {
  faults f;
  f.hold_requests = f.hold_replies = true;
  for_a_while(s, f, 4s, 1s);
  s.account();
}

void half_open(stage& s, bool replies) {
  faults f;
  f.hold_replies = replies;
  f.hold_requests = !replies;
  const auto before = s.gone();
  s.proxy(0).set(f);
  s.record("evicted after", s.wait_until("the eviction", 15s, [&] { return s.gone() > before; }), 3s);
  s.proxy(0).mend();
  s.first_write(stage::now());
  s.account();
}

void silent(stage& s) {
  faults f;
  f.silent = true;
  s.proxy(0).set(f);
  s.proxy(0).reset_all();
  const auto begin = stage::now();
  s.record("first read elsewhere", s.first_read(begin), 2s);
  s.play(3s);
  s.proxy(0).mend();
  s.proxy(0).reset_all();
  s.first_write(stage::now());
  s.account();
}

void packets_dropped(stage& s) {
  faults f;
  f.loss_percent = 100;
  for_a_while(s, f, 3s, 1s);
  s.account();
}

void only_new_ones_dropped(stage& s) {
  faults f;
  f.drop_syn = true;
  const auto before = s.gone();
  s.proxy(0).set(f);
  s.play(3s);
  s.proxy(0).mend();
  s.account();
  const auto& a = s.result().account;
  s.record("requests that failed", a.total() - a.of(outcome::done), 0);
  s.record("live connections lost", s.gone() - before, 0);
}

void lossy(stage& s) {
  faults f;
  f.loss_percent = 20;
  s.proxy(0).set(f);
  s.play(5s);
  const auto table = s.status().monitor.table;
  s.record("failovers", table && table->routes[0].usable_for_writes ? 0u : 1u, 0);
  s.proxy(0).mend();
  s.first_write(stage::now());
  s.account();
}

void slow_and_sliced(stage& s) {
  const auto before = s.gone();
  for (std::size_t i = 0; i < 3; ++i) {
    faults f;
    f.delay = 20ms;
    f.slice = 7;
    s.proxy(i).set(f);
  }
  s.play(4s);
  s.record("evictions", s.gone() - before, 0);
  for (std::size_t i = 0; i < 3; ++i) s.proxy(i).mend();
  s.account();
}

} // namespace

std::vector<scenario> network_scenarios() {
  return {
    {1, "reply-lost", true, {}, [](stage& s) { ambushes(s, ambush::lose_reply, 0); }},
    {2, "request-lost", true, {}, [](stage& s) { ambushes(s, ambush::lose_request, 0); }},
    {3, "cut-mid-message", false, {}, [](stage& s) { ambushes(s, ambush::cut_reply, 1); }},
    {4, "reset-storm", true, {}, reset_storm},
    {5, "refused", true, {}, refused},
    {6, "stall", false, {}, stall},
    {7, "half-open-replies", false, {}, [](stage& s) { half_open(s, true); }},
    {7, "half-open-requests", false, {}, [](stage& s) { half_open(s, false); }},
    {8, "accepts-never-answers", false, {}, silent},
    {9, "packets-dropped", false, {}, packets_dropped},
    {10, "new-connections-dropped", false, {}, only_new_ones_dropped},
    {11, "packet-loss-20", false, {}, lossy},
    {12, "latency-and-slices", false, {}, slow_and_sliced},
  };
}

} // namespace tripool::chaos
