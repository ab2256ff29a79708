// The course of a history: turns of requests, faults, deaths and time; then all faults end, and what is left is judged.
// Used by tripool-sim through simulation.hpp.
#include "tests/simulation/simulation.hpp"

#include "tests/simulation/crowd.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

namespace tripool::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// How soon after an orderly change of the primary a write must be acknowledged by the new one.
constexpr duration failover_max = seconds{3};
/// How soon after the vault has another password a write must be acknowledged, when all sessions are gone.
constexpr duration password_max = seconds{3};
/// How soon a session that answers nothing must be given up: a deadline of a second, cancel-grace, and some more.
constexpr duration silence_max = seconds{5};

} // namespace

simulation::simulation(std::uint64_t seed, sim_profile profile)
  : s_(seed, profile),
    asker_(s_),
    borrowers_(s_),
    ears_(s_),
    faults_(s_),
    passwords_(s_),
    reloads_(s_),
    bounds_(s_),
    ladder_(s_, bounds_) {
  report_.light = s_.plan.light;
}

simulation::~simulation() {
  s_.world.close(); // Nobody may be told anything any more: the book goes before the world.
}

sim_report simulation::run() {
  try {
    play();
    report_.ladder = ladder_.counts();
    count();
    report_.simulated = s_.world.now() - s_.begin;
    borrowers_.end();
    asker_.end();
    ears_.end();
    ladder_.end();
    const auto left = s_.broken.empty() ? s_.world.end() : 0;
    if (left > 0) s_.complain(std::to_string(left) + " actors live on after the end");
  } catch (const std::exception& e) {
    s_.complain(std::string{"exception: "} + e.what());
  }
  report_.broken = s_.broken;
  report_.history.insert(report_.history.begin(), s_.history.begin(), s_.history.end());
  return std::move(report_);
}

void simulation::play() {
  advance(seconds{2});
  for (std::uint64_t i = 0; i < s_.plan.turns && s_.broken.empty(); ++i) {
    turn();
    look();
  }
  faults_.heal();
  passwords_.heal();
  if (s_.broken.empty()) come_to_rest();
  if (s_.broken.empty()) check_service();
  if (s_.broken.empty()) check_silence();
  if (s_.broken.empty()) check_password();
  if (s_.broken.empty()) check_failover();
  if (s_.broken.empty()) {
    s_.book.look_at_the_end(s_.leader);
    ears_.look_at_the_end();
  }
}

void simulation::look() {
  s_.book.look();
  bounds_.look();
}

void simulation::turn() {
  if (s_.chance(s_.plan.light ? 50 : 70))
    for (auto n = s_.pick(s_.plan.asks_max); n > 0; --n) asker_.ask();
  if (s_.plan.borrowers_max > 0 && s_.chance(60)) borrowers_.act();
  if (s_.chance(20)) ears_.subscribe();
  if (s_.chance(s_.plan.faults)) faults_.strike();
  if (s_.plan.secrets && s_.chance(s_.plan.faults / 3)) passwords_.strike();
  if (s_.chance(s_.plan.deaths)) kill();
  if (s_.plan.deaths > 0 && s_.chance(1)) asker_.die();
  if (s_.plan.faults > 0 && s_.pick(50) == 0) disaster();
  if (s_.plan.reloads && s_.chance(2)) reloads_.strike();
  if (ladder_.used() && s_.plan.faults > 0 && s_.chance(3)) fall();
  pass_time();
  faults_.pass();
  passwords_.pass();
}

void simulation::pass_time() {
  if (s_.plan.light) {
    advance(milliseconds{100});
    faults_.pass(); // What waits for a standby need not wait for the next turn.
    return advance(s_.ms(1000, 120'000));
  }
  const auto how = s_.pick(100);
  if (how < 50) {
    for (auto n = s_.pick(40); n > 0; --n) s_.world.step();
  } else if (how < 85) {
    advance(s_.ms(1, 300));
  } else if (how < 95) {
    advance(s_.ms(300, 5000));
  } else if (how < 98) {
    advance(s_.ms(10'000, 600'000));
  } else if (s_.plan.faults > 0) {
    const auto jump = s_.ms(0, 3000);
    s_.note("the clock jumps by " + std::to_string(jump.count()) + " ms");
    s_.world.skip(jump);
  }
}

/// In pieces when it is long: standbys follow, and what is bounded is looked at on the way.
void simulation::advance(duration x) {
  constexpr duration piece = seconds{5};
  for (; x > piece && s_.world.now() < s_.begin + seconds{60}; x -= piece) {
    s_.world.advance(piece);
    bounds_.look();
  }
  s_.world.advance(x);
}

/// Whoever is at work dies, but for the delegate, which has nobody above it. Sometimes it is one that seldom works.
void simulation::kill() {
  for (auto n = s_.pick(20); n > 0; --n) s_.world.step();
  auto who = s_.world.next_in_line();
  if (s_.chance(20)) {
    const auto all = s_.world.query<topology_msg>(s_.world.delegate, get_topology{});
    const auto n = s_.pick(all && all->simple ? 6 : 5);
    if (all && n == 5) who = all->simple;
    if (all && n == 0) who = all->monitor;
    if (all && n == 1) who = all->carrier;
    if (all && n == 2) who = all->listener;
    if (all && n == 3) who = all->manager;
    if (all && n == 4) who = all->pools.at(static_cast<std::size_t>(s_.pick(3)));
  }
  if (!who || who == s_.world.delegate) return;
  const auto name = actor_world::name_of(who);
  s_.note("death of " + name);
  bounds_.died(name);
  s_.world.strike(who, static_cast<death>(s_.pick(3)));
}

/// What random events seldom bring about together.
void simulation::disaster() {
  switch (s_.pick(4)) {
    case 0: return flood();
    case 1: return lose_failover();
    case 2: return lose_notifications();
    default:
      if (s_.plan.deaths > 0) kill_pool_and_connections();
  }
}

/// More requests than all limits hold, while servers are silent or down.
void simulation::flood() {
  const bool down = s_.chance(50);
  if (down) {
    faults_.crash_all();
    advance(seconds{5}); // Until there is no server that could be thought to take writes.
  } else {
    for (std::size_t i = 0; i < s_.world.db.size(); ++i) faults_.hold_all(i);
  }
  const auto all = down ? asker_.burst(milliseconds{200}, seconds{1}) : asker_.burst(seconds{3}, seconds{5});
  if (down) return faults_.start_all();
  judge_full_queue(s_, all);
  if (!s_.chance(50)) return;
  const auto before = s_.world.db[s_.leader].backends().size();
  advance(milliseconds{2500}); // Longer than codel-interval and codel-target.
  if (s_.world.db[s_.leader].backends().size() == before) judge_shedding(s_, all);
}

/// Writes are lost on their way, and with them their server; its successor goes on where its log ends.
void simulation::lose_failover() {
  for (int i = 0; i < 4; ++i) asker_.ask_resolved();
  for (auto n = s_.pick(120); n > 0; --n) s_.world.step();
  faults_.lose_all(s_.leader);
  for (auto n = s_.pick(60); n > 0; --n) s_.world.step();
  faults_.promote();
  for (int i = 0; i < 20; ++i) asker_.write(s_.ms(500, 5000));
  advance(s_.ms(100, 3000));
}

/// Something is notified that no subscriber can hear any more.
void simulation::lose_notifications() {
  ears_.subscribe();
  advance(milliseconds{10});
  faults_.hold_all(s_.leader);
  for (int i = 0; i < 3; ++i) asker_.notify();
  s_.world.run();
  faults_.reset_all(s_.leader);
}

/// Writes are on the wire, their pool dies, and then whoever was to bring their answers.
void simulation::kill_pool_and_connections() {
  const auto all = s_.world.query<topology_msg>(s_.world.delegate, get_topology{});
  const auto pool = all ? all->pools.at(s_.leader) : caf::actor{};
  if (!pool) return;
  faults_.hold_all(s_.leader);
  for (int i = 0; i < 5; ++i) asker_.write(s_.ms(500, 5000));
  s_.world.run();
  const auto status = s_.world.query<pool_status>(pool, get_status{});
  s_.note("death of a pool and of its connections");
  bounds_.died("tripool.pool");
  s_.world.strike(pool, death::kill);
  s_.world.run();
  if (!status) return;
  for (const auto& c : status->connections) s_.world.strike(c.who, static_cast<death>(s_.pick(3)));
}

/// Whoever decides who serves is lost, and requests go on; sometimes there is another primary meanwhile.
void simulation::fall() {
  ladder_.strike();
  for (auto n = 5 + s_.pick(25); n > 0 && s_.broken.empty(); --n) {
    for (auto k = s_.pick(4); k > 0; --k) asker_.ask();
    if (s_.plan.borrowers_max > 0 && s_.chance(60)) borrowers_.act();
    if (s_.chance(s_.plan.faults)) faults_.strike();
    if (s_.chance(5)) ladder_.strike();
    if (s_.chance(3)) faults_.promote_beside();
    advance(s_.ms(10, 400));
    faults_.pass();
    look();
  }
}

/// Time without faults: standbys follow closely for a while, then every second.
void simulation::calm(duration x) {
  const auto begin = s_.world.now();
  while (s_.world.now() - begin < x) {
    s_.world.advance(s_.world.now() - begin < seconds{8} ? milliseconds{100} : milliseconds{2000});
    faults_.pass();
  }
  look();
}

/// Everything is answered, everybody who borrowed is gone, and nothing is left behind.
void simulation::come_to_rest() {
  borrowers_.end();
  calm(seconds{90}); // The longest deadline is 30 s, the longest grace of a dead connection shorter.
  bounds_.look_at_rest();
  ladder_.look_at_rest();
  passwords_.look_at_rest();
}

/// With all servers up, writes and reads are served, and at once.
void simulation::check_service() {
  const auto write = asker_.write(seconds{5});
  const auto read = asker_.read("after", seconds{5});
  calm(seconds{6});
  if (!write->done) s_.complain("no write after all faults have ended: " + write->text());
  if (!read->done) s_.complain("no read after all faults have ended: " + read->text());
}

/// Asks for writes until one is done. Whether that was within `limit`.
bool simulation::served_within(duration limit) {
  const auto begin = s_.world.now();
  std::vector<deed_ptr> asked;
  while (s_.broken.empty() && s_.world.now() - begin < limit) {
    asked.push_back(asker_.write(seconds{1}));
    s_.world.advance(milliseconds{100});
    faults_.pass();
    if (std::any_of(asked.begin(), asked.end(), [](const auto& x) { return x->done.has_value(); })) return true;
  }
  return false;
}

/// All sessions of the primary fall silent for good: each that is asked something is given up once a cancel has had no
/// effect. A listener has more time. Without a synchronous standby, which would have to follow meanwhile.
void simulation::check_silence() {
  if (s_.plan.synchronous || !s_.chance(20)) return;
  const auto ask = [&] {
    for (int i = 0; i < 10; ++i) asker_.write(seconds{1});
    s_.world.advance(milliseconds{100});
  };
  ask(); // A session that has been idle for long would have to prove itself first.
  faults_.hold_all(s_.leader);
  const auto held = s_.world.db[s_.leader].backends();
  for (int i = 0; i < 5; ++i) ask();
  const auto waits = [](const auto& x) {
    return x->channels().empty() && !x->link().ended() && x->link().undelivered() > 0;
  };
  std::vector<std::shared_ptr<sim_backend>> asked;
  std::copy_if(held.begin(), held.end(), std::back_inserter(asked), waits);
  s_.world.advance(silence_max);
  const auto stuck = std::count_if(asked.begin(), asked.end(), waits);
  if (stuck > 0) s_.complain(std::to_string(stuck) + " sessions wait for answers that do not come");
  calm(seconds{35});
}

/// An orderly change of the primary is found out by the requests themselves, without waiting for a heartbeat.
void simulation::check_failover() {
  if (!s_.plan.resilient || !s_.chance(30)) return;
  faults_.switch_over();
  if (!served_within(failover_max)) s_.complain("no write is acknowledged 3 s after an orderly change of the primary");
  calm(seconds{35});
}

/// All sessions are gone and none is let in, until the vault has what servers want.
void simulation::check_password() {
  if (!s_.plan.secrets || !s_.chance(50)) return;
  passwords_.change_everywhere();
  const auto until = s_.world.now() + s_.ms(0, 60'000);
  while (s_.world.now() < until) {
    asker_.ask();
    advance(s_.ms(100, 2000));
    faults_.pass();
    look();
  }
  passwords_.put_into_vault();
  if (!served_within(password_max)) s_.complain("no write is acknowledged 3 s after the vault has the password");
  calm(seconds{35});
}

void simulation::count() {
  for (const auto& x : s_.book.all()) {
    if (x->orphan && x->answers == 0) continue;
    ++report_.requests;
    if (x->done) ++report_.done;
    if (x->is(outcome::not_executed)) ++report_.not_executed;
    if (x->is(outcome::rejected)) ++report_.rejected;
    if (x->is(outcome::in_doubt)) ++report_.in_doubt;
    report_.history.push_back(x->what + " -> " + x->text());
  }
  report_.lost_by_server = s_.book.lost_by_server();
  for (auto& x : s_.world.db) report_.traffic += x.traffic();
}

} // namespace tripool::test
