// Faults of the network, of the servers and of Tripool's own actors, one at a time, each mended after a moment.
// A round's book is dropped when it has been audited, so that the test itself holds no more after an hour than before.
#include "tests/chaos/soak.hpp"

#include "tests/chaos/footprint.hpp"
#include "tests/chaos/stage.hpp"
#include "tripool/core/util/random.hpp"

#include <caf/send.hpp>

#include <array>
#include <cstdio>
#include <map>

namespace tripool::chaos {

namespace {

constexpr auto round_length = 20s;
constexpr std::int64_t keys_per_round = 1'000'000'000'000;

struct trouble {
  const char* name;
  void (*make)(stage&, splitmix64&);
};

void network(stage& s, const faults& f, std::chrono::milliseconds how_long) {
  s.proxy(0).set(f);
  s.play(how_long);
  s.proxy(0).mend();
}

void trap(stage& s, ambush what, splitmix64& random) {
  s.proxy(0).lay(what, static_cast<std::size_t>(random_up_to(random.next(), 20)));
  s.play(500ms);
  s.proxy(0).lay(ambush::none);
}

void kill(const caf::actor& x) {
  if (x) caf::anon_send_exit(x, caf::exit_reason::kill);
}

constexpr const char* sessions = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = "
                                 "'tripool chaos'";

constexpr std::array<trouble, 17> troubles{{
  {"reset", [](stage& s, splitmix64&) { s.proxy(0).reset_all(); }},
  {"reset standby", [](stage& s, splitmix64&) { s.proxy(1).reset_all(); }},
  {"refuse", [](stage& s, splitmix64&) { network(s, {.refuse = true}, 400ms); }},
  {"stall", [](stage& s, splitmix64&) { network(s, {.hold_requests = true, .hold_replies = true}, 1500ms); }},
  {"half open", [](stage& s, splitmix64&) { network(s, {.hold_replies = true}, 1500ms); }},
  {"loss", [](stage& s, splitmix64&) { network(s, {.loss_percent = 20}, 1500ms); }},
  {"slow", [](stage& s, splitmix64&) { network(s, {.delay = 20ms, .slice = 64}, 1500ms); }},
  {"lost reply", [](stage& s, splitmix64& r) { trap(s, ambush::lose_reply, r); }},
  {"lost request", [](stage& s, splitmix64& r) { trap(s, ambush::lose_request, r); }},
  {"cut reply", [](stage& s, splitmix64& r) { trap(s, ambush::cut_reply, r); }},
  {"cut commit", [](stage& s, splitmix64& r) { trap(s, ambush::cut_commit, r); }},
  {"terminate", [](stage& s, splitmix64&) { s.sql(0, sessions); }},
  {"hang",
   [](stage& s, splitmix64&) {
     must(s.servers().hang(0));
     s.play(1500ms);
     must(s.servers().resume(0));
   }},
  {"restart", [](stage& s, splitmix64&) { must(s.servers().restart_member(0, cluster::stop_mode::fast)); }},
  {"crash",
   [](stage& s, splitmix64&) {
     must(s.servers().crash(0));
     must(s.servers().start_member(0));
   }},
  {"restart standby", [](stage& s, splitmix64&) { must(s.servers().restart_member(2, cluster::stop_mode::fast)); }},
  {"kill actor",
   [](stage& s, splitmix64& random) {
     const auto all = s.topology();
     const std::array<caf::actor, 5> who{all.monitor, all.manager, all.listener, all.pools.at(0), all.pools.at(1)};
     kill(who.at(static_cast<std::size_t>(random_up_to(random.next(), who.size() - 1))));
   }},
}};

/// Sockets of the connections that Tripool knows of, and of what its proxies carry for them.
std::size_t connected(stage& s) {
  const auto x = s.status();
  std::size_t n = x.listener.session ? 1 : 0;
  for (const auto& p : x.pools) n += p.connections.size();
  for (const auto& p : x.monitor.pools) n += p.prober ? 1 : 0;
  for (std::size_t i = 0; i < s.servers().size(); ++i) n += s.proxy(i).sockets();
  return n;
}

/// Between two moments in which as many were connected, so that the two figures belong together.
footprint look(stage& s) {
  footprint out;
  s.wait_until("a moment without a change of connections", 10s, [&] {
    const auto before = connected(s);
    out = look_at_process();
    out.connected = connected(s);
    return out.connected == before;
  });
  return out;
}

std::size_t broken_promises(const test::verdict& v) {
  return v.lost + v.duplicate + v.phantom + v.torn + v.late + v.unanswered + v.misreported;
}

void add(test::verdict& to, const test::verdict& x) {
  for (std::size_t i = 0; i < to.by_outcome.size(); ++i) to.by_outcome[i] += x.by_outcome[i];
  to.unanswered += x.unanswered;
  to.late += x.late;
  to.lost += x.lost;
  to.duplicate += x.duplicate;
  to.phantom += x.phantom;
  to.torn += x.torn;
  to.misreported += x.misreported;
  to.worst_lateness = std::max(to.worst_lateness, x.worst_lateness);
  to.longest_gap = std::max(to.longest_gap, x.longest_gap);
  for (const auto& [what, n] : x.failures) to.failures[what] += n;
}

/// The whole run.
struct long_run {
  stage& s;
  splitmix64 random;
  test::verdict total{};
  std::vector<footprint> looks{};
  std::map<std::string, std::size_t> made{};

  void play_round() {
    const auto until = stage::now() + round_length;
    while (stage::now() < until) {
      s.play(std::chrono::milliseconds{200 + random_up_to(random.next(), 1800)});
      const auto& x = troubles[static_cast<std::size_t>(random_up_to(random.next(), troubles.size() - 1))];
      x.make(s, random);
      ++made[x.name];
      s.first_write(stage::now()); // Mended: it serves again.
    }
  }

  void audit() {
    const auto n = static_cast<std::int64_t>(looks.size()) + 1;
    const auto v = s.next_load(n * keys_per_round);
    add(total, v);
    looks.push_back(look(s));
    std::printf("round %3zu: %zu requests, %zu done, %zu in doubt, broken promises %zu; %.1f MB (%.1f in use), "
                "%zu descriptors, %zu of them connections\n",
                looks.size(), v.total(), v.of(outcome::done), v.of(outcome::in_doubt), broken_promises(v),
                looks.back().megabytes, looks.back().in_use, looks.back().descriptors, looks.back().connected);
    if (broken_promises(v) > 0) std::printf("%s\n", test::to_string(v).c_str());
    std::fflush(stdout);
  }

  bool conclude() const {
    std::printf("%s\nfaults:", test::to_string(total).c_str());
    for (const auto& [what, n] : made) std::printf(" %s %zu,", what.c_str(), n);
    const auto g = growth_of(looks);
    std::printf("\nmemory %+.1f MB (%+.1f %%), other descriptors %+.0f from the first third to the last: %s\n",
                g.megabytes, 100 * g.part, g.descriptors,
                !g.judged     ? "too few rounds to judge"
                : g.is_flat() ? "flat"
                              : "NOT FLAT");
    const bool held = broken_promises(total) == 0 && total.of(outcome::done) > 0 && g.is_flat();
    std::printf("%s\n", held ? "held" : "BROKEN");
    return held;
  }
};

} // namespace

bool soak(std::chrono::seconds how_long, std::uint64_t seed) {
  try {
    auto servers = must(cluster::private_cluster::start());
    stage_setup how;
    how.load.mix = {test::task::read, test::task::write, test::task::row, test::task::batch, test::task::slow};
    stage s{servers, how, seed};
    long_run x{s, splitmix64{seed}};
    for (const auto end = stage::now() + how_long; stage::now() < end;) {
      x.play_round();
      x.audit();
    }
    return x.conclude();
  } catch (const stage_error& e) {
    std::printf("BROKEN: %s\n", e.what());
    return false;
  }
}

} // namespace tripool::chaos
