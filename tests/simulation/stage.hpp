// What the parts of a simulation share: the world, the book, the random numbers, the history that is written down.
// Knows no part. Used by all of them.
#pragma once

#include "tests/actors/borrow.hpp"
#include "tests/simulation/account.hpp"
#include "tests/simulation/plan.hpp"
#include "tests/simulation/vault.hpp"

#include "tripool/actors/credentials/secret_store.hpp"
#include "tripool/actors/error.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace tripool::test {

/// The stage. One for each history.
class stage {
public:
  stage(std::uint64_t seed, sim_profile profile)
    : random(seed),
      plan(make_plan(profile, random)),
      safe(std::make_shared<vault>(plan.costly_vault ? source_pace::costly : source_pace::cheap)),
      world(make_limits(plan, random), false, nullptr, random(), plan.secrets ? secrets_of(safe) : nullptr),
      book(world, plan.synchronous, [this](const std::string& x) { complain(x); }),
      begin(world.now()),
      largest(world.env->config) {
    for (const auto& p : largest.pools) shortest.push_back(p.queue_max);
    for (auto& x : world.db) x.set_synchronous(plan.synchronous);
    if (plan.secrets)
      for (auto& x : world.db) x.dials().password = safe->text();
    world.run();
  }

  std::uint64_t pick(std::uint64_t below) { return random() % below; }
  bool chance(unsigned percent) { return pick(100) < percent; }
  std::chrono::milliseconds ms(std::uint64_t from, std::uint64_t to) {
    return std::chrono::milliseconds{static_cast<std::int64_t>(from + pick(to - from + 1))};
  }
  std::string next_key() { return "k" + std::to_string(keys++); }
  /// A statement that the servers know as this: the words behind its verb become parameters, if the plan says so.
  statement worded(const std::string& bound) const;
  /// Writes a line of the history.
  void note(const std::string& what) {
    const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(world.now() - begin).count();
    history.push_back(std::to_string(at) + " ms: " + what);
  }
  void complain(const std::string& what) {
    broken.push_back(what);
    note("BROKEN: " + what);
  }

  std::mt19937_64 random;
  sim_plan plan;
  std::vector<std::string> history; ///< What happened, in its order.
  std::vector<std::string> broken;  ///< Promises that were broken.
  std::shared_ptr<vault> safe;      ///< Asked only if the plan has secrets.
  actor_world world;
  account book;
  time_point begin;
  options largest;                   ///< The largest limits that were in force so far.
  std::vector<std::size_t> shortest; ///< By pool: the shortest queue.
  std::size_t leader = primary;      ///< The primary of the highest timeline.
  std::uint64_t keys = 0;            ///< Given so far: k0, k1, ...

private:
  static std::shared_ptr<const secret_store> secrets_of(std::shared_ptr<credential_source> x) {
    return std::make_shared<const secret_store>(std::map<std::string, secret>{},
                                                std::vector<std::shared_ptr<credential_source>>{std::move(x)});
  }
};

/// Sends `body` as `from` to `to`, and writes the answer into the book: its results are what `keep` makes of it.
template <class Answer, class Body, class Keep>
void ask_as(stage& s, const caf::actor& from, const caf::actor& to, Body body, const deed_ptr& d, Keep keep) {
  caf::anon_send(
    from, call_msg{[&s, d, to, keep, body = std::move(body)](caf::event_based_actor& self) {
      const auto failed = [&s, d](const caf::error& e) { s.book.told(*d, failure_of(e)); };
      if constexpr (std::is_void_v<Answer>) {
        self.request(to, caf::infinite, body).then([&s, d, keep] { s.book.told(*d, keep()); }, failed);
      } else {
        self.request(to, caf::infinite, body).then([&s, d, keep](Answer& x) { s.book.told(*d, keep(x)); }, failed);
      }
    }});
}

} // namespace tripool::test
