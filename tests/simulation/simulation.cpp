// The course of a history: requests, deaths, time, replication.
// Used by tripool-sim through simulation.hpp.
#include "tests/simulation/simulation.hpp"

#include <exception>
#include <utility>

namespace tripool::test {

namespace {

std::chrono::milliseconds ms(std::uint64_t x) {
  return std::chrono::milliseconds{static_cast<std::int64_t>(x)};
}

} // namespace

simulation::simulation(std::uint64_t seed)
  : random_(seed), begin_(world_.now()), trouble_(static_cast<unsigned>(random_() % 16)) {
  // nop
}

sim_report simulation::run() {
  const auto turns = 40 + pick(80);
  try {
    world_.advance(std::chrono::seconds{2});
    for (std::uint64_t i = 0; i < turns; ++i) {
      turn();
      if (i % 10 == 9) check();
      if (!report_.broken.empty()) break;
    }
    heal();
    if (report_.broken.empty()) {
      world_.advance(world_.env->config.requests.deadline_max + std::chrono::seconds{5});
      check();
      check_recovery();
      check_histories();
      check_batches();
    }
    count();
    report_.simulated = world_.now() - begin_;
    const auto left = world_.end();
    if (left > 0) report_.broken.push_back(std::to_string(left) + " actors live on after the end");
  } catch (const std::exception& e) {
    report_.broken.push_back(std::string{"exception: "} + e.what());
  }
  return std::move(report_);
}

void simulation::note(const std::string& what) {
  const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(world_.now() - begin_).count();
  report_.history.push_back(std::to_string(at) + " ms: " + what);
}

void simulation::turn() {
  if (chance(70)) {
    for (auto n = pick(6); n > 0; --n) ask();
  }
  if (chance(trouble_)) fault();
  if (chance(4)) kill();
  pass_time();
  replicate();
}

void simulation::ask() {
  if (chance(20)) return ask_batch();
  const auto n = std::to_string(asked_++);
  statement s;
  s.timeout = chance(20) ? ms(0) : ms(20 + pick(5000));
  if (chance(30)) {
    s.text = "select k" + std::to_string(pick(asked_));
    s.mode = access::read;
  } else {
    s.text = "insert k" + n + " v";
    s.repeatable = chance(15);
  }
  note("ask " + s.text + (s.repeatable ? ", harmless" : "") + ", timeout " + std::to_string(s.timeout.count()) + " ms");
  world_.ask(std::move(s));
}

void simulation::ask_batch() {
  batch b;
  std::string texts;
  for (auto left = 2 + pick(3); left > 0; --left) {
    statement s;
    s.text = "insert k" + std::to_string(asked_++) + " v";
    texts += (texts.empty() ? "" : "; ") + s.text;
    b.statements.push_back(std::move(s));
  }
  b.timeout = ms(20 + pick(5000));
  note("ask batch " + texts + ", timeout " + std::to_string(b.timeout.count()) + " ms");
  world_.ask(std::move(b));
}

void simulation::pass_time() {
  const auto how = pick(100);
  if (how < 50) {
    for (auto n = pick(30); n > 0; --n) world_.step();
  } else if (how < 85) {
    world_.advance(ms(1 + pick(300)));
  } else if (how < 95) {
    world_.advance(ms(300 + pick(5000)));
  } else if (how < 98) {
    world_.advance(std::chrono::seconds{static_cast<std::int64_t>(10 + pick(600))});
  } else {
    const auto jump = ms(pick(3000));
    note("the clock jumps by " + std::to_string(jump.count()) + " ms");
    world_.skip(jump);
  }
}

/// Standbys take over a part of what they lack. A server that is down or hangs neither sends nor receives.
void simulation::replicate() {
  const auto works = [&](std::size_t i) { return !world_.db[i].hung() && !world_.db[i].dials().unreachable; };
  if (!works(leader_)) return;
  const auto there = world_.db[leader_].store().log().size();
  for (std::size_t i = 0; i < world_.db.size(); ++i) {
    if (i == leader_ || !world_.db[i].in_recovery() || !works(i) || chance(30)) continue;
    const auto here = world_.db[i].store().log().size();
    if (here < there) world_.db[i].replay_from(world_.db[leader_], here + pick(there - here) + 1);
  }
}

/// Whoever is at work dies, but for the delegate, which has nobody above it.
void simulation::kill() {
  for (auto n = pick(20); n > 0; --n) world_.step();
  const auto who = world_.next_in_line();
  if (!who || who == world_.delegate) return;
  note("death of " + actor_world::name_of(who));
  world_.strike(who, static_cast<death>(pick(3)));
}

} // namespace tripool::test
