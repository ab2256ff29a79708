// A pool machine with everything around it that a test needs: moments, requests that know when they were answered or
// dropped, and short ways to drive connections. No actor, no clock. Used by the unit tests of the pool.
#pragma once

#include "tripool/core/pool/pool_machine.hpp"

#include <cassert>
#include <memory>
#include <utility>
#include <vector>

namespace tripool::test {

/// What became of the requests of a test, beyond the machine: it must neither answer nor drop any.
struct answers {
  int failed = 0;
  int done = 0;
  int abandoned = 0;
};

class counting_responder : public responder {
public:
  explicit counting_responder(answers* to) : to_(to) {}
  void done(reply) override { ++to_->done; }
  void failed(failure) override { ++to_->failed; }
  void abandoned(request&&) override { ++to_->abandoned; }

private:
  answers* to_;
};

inline constexpr time_point epoch{std::chrono::hours{1000}};

/// A request with a deadline `within` after `now`.
inline request_ptr make_request(time_point now, duration within = std::chrono::seconds{30}, std::uint64_t id = 0,
                                answers* to = nullptr, std::string text = "select 1",
                                urgency priority = urgency::normal, access mode = access::write) {
  static answers ignored;
  statement s;
  s.text = std::move(text);
  s.priority = priority;
  s.mode = mode;
  auto r = std::make_shared<request>(std::move(s), std::make_unique<counting_responder>(to ? to : &ignored), now,
                                     now + within);
  r->set_id(id);
  return r;
}

/// An order for a session, with a deadline `within` after `now`.
inline request_ptr make_order(time_point now, duration within, std::uint64_t id) {
  static answers ignored;
  auto r =
    std::make_shared<request>(session_order{}, std::make_unique<counting_responder>(&ignored), now, now + within);
  r->set_id(id);
  return r;
}

/// Options of a small pool with round numbers.
inline pool_options small_pool(std::size_t min = 2, std::size_t max = 4) {
  pool_options x;
  x.name = "primary";
  x.connections_min = min;
  x.connections_max = max;
  x.queue_max = 10;
  x.pipeline_depth = 4;
  return x;
}

inline connection_end refused(std::string sqlstate = {}) {
  return {false, false, std::move(sqlstate), "connection refused"};
}
inline connection_end broken() {
  return {true, false, "57P01", "terminating connection"};
}
inline connection_end closed() {
  return {true, true, {}, {}};
}

/// The machine with its present moment. Each function takes effects into `out`, which only grows until `take`.
class pool_world {
public:
  explicit pool_world(pool_options x, std::uint64_t seed = 1, std::shared_ptr<const pace_book> pace = {})
    : pool(std::move(x), seed, std::move(pace)) {}

  /// Returns the effects so far and begins anew.
  std::vector<pool_effect> take() { return std::exchange(out, {}); }

  /// Returns the effects of one kind in their order, and forgets all effects so far.
  template <class Effect>
  std::vector<Effect> take_all() {
    std::vector<Effect> found;
    for (auto& x : take())
      if (auto* e = std::get_if<Effect>(&x)) found.push_back(std::move(*e));
    return found;
  }

  void start() { pool.start(now, out); }
  void pump() { pool.pump(now, out); }
  void tick() { pool.tick(now, out); }
  void opened(connection_id id) { pool.connection_opened(id, now, out); }
  void ended(connection_id id, const connection_end& x) { pool.connection_ended(id, x, now, out); }
  void progressed(connection_id id, std::uint32_t completed, std::uint32_t left = 0) {
    pool.progressed(id, completed, left, now);
  }
  request_ptr submit(duration within = std::chrono::seconds{30}, std::string text = "select 1") {
    auto r = make_request(now, within, ++last_request, nullptr, std::move(text));
    pool.submit(r, now, out);
    return r;
  }
  void submit_many(int n) {
    for (int i = 0; i < n; ++i) submit();
  }

  /// Goes on to `until`, calling `tick` whenever the machine asks for it.
  void run_until(time_point until) {
    for (auto wake = pool.next_wake(); wake && *wake <= until; wake = pool.next_wake()) {
      now = std::max(now, *wake);
      tick();
    }
    now = until;
  }
  void run_for(duration x) { run_until(now + x); }

  /// Starts the pool, opens everything that it dials, and forgets the effects.
  void start_healthy() {
    start();
    open_all();
  }
  void open_all() {
    for (bool any = true; any;) {
      any = false;
      for (const auto& d : take_all<dial_effect>()) {
        any = true;
        opened(d.id);
      }
    }
  }
  /// Adds connections until `n` are open, all idle again: with everything busy, the pool grows.
  void grow_to(std::size_t n) {
    while (sizes().open() < n) {
      submit_many(static_cast<int>(sizes().usable()));
      pump();
      std::vector<dispatch_effect> given;
      std::vector<connection_id> dialled;
      for (auto& x : take()) {
        if (auto* d = std::get_if<dispatch_effect>(&x)) given.push_back(std::move(*d));
        if (auto* d = std::get_if<dial_effect>(&x)) dialled.push_back(d->id);
      }
      for (const auto& d : given) progressed(d.id, static_cast<std::uint32_t>(d.requests.size()));
      for (const auto id : dialled) opened(id);
      assert(!dialled.empty());
    }
    take();
  }
  connection_counts sizes() const { return pool.stats(now).connections; }
  pool_counters counters() const { return pool.stats(now).counters; }

  pool_machine pool;
  time_point now = epoch;
  std::vector<pool_effect> out;
  std::uint64_t last_request = 0;
};

/// Returns the ids of requests in their order.
inline std::vector<std::uint64_t> ids(const std::vector<request_ptr>& x) {
  std::vector<std::uint64_t> out;
  out.reserve(x.size());
  for (const auto& r : x) out.push_back(r->id());
  return out;
}

} // namespace tripool::test
