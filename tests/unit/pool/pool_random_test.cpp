// The pool under thousands of random events, against a model that only counts. Here is how it works:
//   1. A seed decides the options and then event after event: requests, dials that succeed, fail or hang, progress,
//      unsent requests, broken connections, suspension, eviction, and time that passes.
//   2. All effects are carried out on the model: where each request is, and in which state each connection is.
//   3. After every event the promises are checked: each request in exactly one place, connections within the maximum,
//      one dial at a time while the server fails, no request behind its deadline, and no idle wake-up.
//   4. At the end the pool drains, and nothing may be left in it.
// A failure prints its seed.
#include "tests/support/catch.hpp"
#include "tests/unit/pool/pool_fixture.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

enum class place { queue, connection, gone };
enum class link_state { dialling, open, closing };

struct link {
  link_state state = link_state::dialling;
  bool was_open = false;
  std::deque<request_ptr> held;
};

pool_options random_options(splitmix64& random) {
  auto pick = [&](std::uint64_t least, std::uint64_t most) {
    return least + random_up_to(random.next(), most - least);
  };
  pool_options x;
  x.name = "random";
  x.connections_max = pick(1, 6);
  x.connections_min = pick(0, x.connections_max);
  x.queue_max = pick(1, 30);
  x.pipeline_depth = pick(1, 8);
  x.read_depth = pick(1, 16);
  x.queue_wait_max = std::chrono::milliseconds{pick(0, 3) * 1000};
  x.codel_target = std::chrono::milliseconds{pick(0, 2) * 20};
  x.codel_interval = 500ms;
  x.lifetime = std::chrono::seconds{pick(0, 20)};
  x.idle_timeout = std::chrono::seconds{pick(0, 3)};
  x.idle_check_interval = 1s;
  return x;
}

/// The machine, the model, and the checks between them.
class trial {
public:
  explicit trial(std::uint64_t seed)
    : random_(seed), options_(random_options(random_)), machine_(options_, random_.next()) {}

  void run(int events) {
    machine_.offer_reads(pick(1) == 0);
    machine_.start(now_, out_);
    settle();
    for (int i = 0; i < events; ++i) {
      step();
      settle();
    }
    finish();
  }

private:
  std::uint64_t pick(std::uint64_t most) { return random_up_to(random_.next(), most); }

  /// The connections that were asked hear of it now. Whoever is at the head stays.
  void give_held_up_back() {
    for (const auto id : std::exchange(asked_back_, {})) {
      auto i = links_.find(id);
      if (i == links_.end() || i->second.held.size() < 2) continue;
      for (auto& r : i->second.held) r->held_up = r->mode() == access::read && pick(1) == 0;
      return_from(id, i->second, pick(i->second.held.size() - 1));
    }
  }

  void step() {
    give_held_up_back();
    switch (pick(15)) {
      case 0:
      case 1:
      case 2:
      case 3: submit(); break;
      case 4:
      case 5:
      case 6: progress(); break;
      case 7:
      case 8: machine_.pump(now_, out_); break;
      case 9:
      case 10: wait(); break;
      case 11:
      case 12: end_dial(); break;
      case 13: give_back(); break;
      case 14: break_one(); break;
      default: command(); break;
    }
  }

  void submit() {
    for (auto n = pick(4); n > 0; --n) {
      const auto within = std::chrono::milliseconds{pick(4000)};
      const auto mode = pick(1) == 0 ? access::read : access::write;
      auto r = pick(5) == 0 ? make_order(now_, within, ++last_id_)
                            : make_request(now_, within, ++last_id_, nullptr, "select 1", urgency::normal, mode);
      places_[last_id_] = place::queue;
      machine_.submit(std::move(r), now_, out_);
    }
  }

  link* some(link_state state, connection_id& id) {
    std::vector<connection_id> found;
    for (const auto& [key, x] : links_)
      if (x.state == state) found.push_back(key);
    if (found.empty()) return nullptr;
    id = found[pick(found.size() - 1)];
    return &links_.at(id);
  }

  void progress() {
    connection_id id = 0;
    auto* x = some(pick(3) == 0 ? link_state::closing : link_state::open, id);
    if (x == nullptr) return;
    const auto n = pick(x->held.size());
    for (std::uint64_t i = 0; i < n; ++i) {
      places_[x->held.front()->id()] = place::gone;
      x->held.pop_front();
    }
    machine_.progressed(id, static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(x->held.size()), now_);
    if (x->state == link_state::closing && x->held.empty()) end(id, closed());
  }

  void end_dial() {
    connection_id id = 0;
    auto* x = some(link_state::dialling, id);
    if (x == nullptr) return;
    if (pick(2) == 0) return end(id, refused(pick(3) == 0 ? "53300" : ""));
    x->state = link_state::open;
    x->was_open = true;
    failing_ = false;
    machine_.connection_opened(id, now_, out_);
  }

  void give_back() {
    connection_id id = 0;
    auto* x = some(link_state::open, id);
    if (x != nullptr) return_from(id, *x, pick(x->held.size()));
  }

  void return_from(connection_id id, link& x, std::size_t n) {
    std::vector<request_ptr> unsent(x.held.end() - static_cast<std::ptrdiff_t>(n), x.held.end());
    x.held.resize(x.held.size() - n);
    for (const auto& r : unsent) places_[r->id()] = place::queue;
    machine_.returned(id, std::move(unsent), now_);
  }

  void break_one() {
    connection_id id = 0;
    auto* x = some(pick(1) == 0 ? link_state::closing : link_state::open, id);
    if (x == nullptr) return;
    const auto n = pick(x->held.size());
    if (pick(1) == 0) return_from(id, *x, n); // Before the end or, below, after it.
    auto left = std::move(x->held);
    end(id, x->was_open ? broken() : refused());
    for (const auto& r : left) places_[r->id()] = place::queue;
    machine_.returned(id, {left.begin(), left.end()}, now_);
  }

  void end(connection_id id, const connection_end& x) {
    const auto gone = links_.extract(id).mapped();
    if (gone.state == link_state::dialling) failing_ = true;
    machine_.connection_ended(id, x, now_, out_);
  }

  void command() {
    switch (pick(5)) {
      case 0: machine_.suspend({}, now_, out_); break;
      case 1: machine_.evict("test", now_, out_); break;
      default: machine_.resume(now_, out_); break;
    }
  }

  void wait() {
    const auto until = now_ + std::chrono::milliseconds{pick(9) == 0 ? pick(5000) : pick(60)};
    for (auto wake = machine_.next_wake(); wake && *wake <= until; wake = machine_.next_wake()) {
      REQUIRE(*wake >= now_);
      now_ = *wake;
      machine_.tick(now_, out_);
      settle();
      const auto again = machine_.next_wake();
      REQUIRE((!again || *again > now_)); // A tick does all that is due: no busy loop.
    }
    now_ = until;
  }

  void settle() {
    while (!out_.empty())
      for (auto& x : std::exchange(out_, {})) std::visit([this](auto& e) { carry_out(e); }, x);
    check();
  }

  void carry_out(dial_effect& x) {
    REQUIRE(links_.emplace(x.id, link{}).second);
    const auto dialling =
      std::count_if(links_.begin(), links_.end(), [](auto& l) { return l.second.state == link_state::dialling; });
    REQUIRE(dialling <= (failing_ ? 1 : 2));
  }
  void carry_out(dispatch_effect& x) {
    auto& to = links_.at(x.id);
    REQUIRE(to.state == link_state::open);
    REQUIRE_FALSE(x.requests.empty());
    if (x.requests.front()->order()) REQUIRE(to.held.empty());
    for (auto& r : x.requests) {
      REQUIRE((to.held.empty() || !(r->order() || to.held.front()->order()))); // Lent: to itself.
      REQUIRE(places_.at(r->id()) == place::queue);
      REQUIRE(r->deadline() > now_);
      places_[r->id()] = place::connection;
      REQUIRE(to.held.size() < (r->mode() == access::read ? options_.depth_for_reads() : options_.pipeline_depth));
      to.held.push_back(std::move(r));
    }
  }
  void carry_out(give_back_effect& x) {
    auto& from = links_.at(x.id);
    REQUIRE(from.state == link_state::open);
    REQUIRE(from.held.size() > 1);
    asked_back_.push_back(x.id);
  }
  void carry_out(close_effect& x) {
    auto& closed_link = links_.at(x.id);
    REQUIRE(closed_link.state != link_state::closing);
    closed_link.state = link_state::closing;
  }
  void carry_out(move_effect& x) {
    REQUIRE_FALSE(x.requests.empty());
    bool back = false;
    for (auto& r : x.requests) {
      if (r.why.why == cause::held_up) {
        REQUIRE(r.what->mode() == access::read);
        REQUIRE(offered_.insert(r.what->id()).second);
        if (pick(1) == 0) { // No other pool can serve it.
          machine_.not_served({std::move(r.what)}, now_);
          back = true;
          continue;
        }
      }
      let_go(*r.what, r.why);
    }
    if (back) machine_.pump(now_, out_);
  }
  void carry_out(fail_effect& x) { let_go(*x.what, x.why); }
  void carry_out(trouble_effect& x) { REQUIRE(x.why != cause::none); }
  void carry_out(drained_effect&) {
    REQUIRE_FALSE(drained_);
    REQUIRE(links_.empty());
    drained_ = true;
  }

  void let_go(const request& r, const failure& why) {
    REQUIRE(places_.at(r.id()) == place::queue);
    REQUIRE(why.kind == outcome::not_executed);
    REQUIRE_FALSE(r.answered());
    REQUIRE(r.attempts == 0);
    places_[r.id()] = place::gone;
  }

  void check() {
    const auto x = machine_.stats(now_);
    REQUIRE(x.connections.total() == links_.size());
    REQUIRE(links_.size() <= options_.connections_max);
    const auto queued = static_cast<std::size_t>(
      std::count_if(places_.begin(), places_.end(), [](auto& p) { return p.second == place::queue; }));
    REQUIRE(x.queued == queued);
    std::size_t held = 0, lent = 0;
    for (const auto& [id, l] : links_) {
      held += l.held.size();
      lent += !l.held.empty() && l.held.front()->order() ? 1 : 0;
    }
    REQUIRE(lent <= options_.lent_max());
    REQUIRE(x.outstanding == held);
    const auto& n = x.counters;
    REQUIRE(n.submitted + n.returned == n.dispatched + n.moved + n.failed + x.queued);
    if (places_.size() > 2000) std::erase_if(places_, [](auto& p) { return p.second == place::gone; });
  }

  void finish() {
    machine_.drain(now_, out_, 10s);
    settle();
    for (int i = 0; i < 10'000 && !drained_; ++i) {
      const auto kind = pick(5);
      if (kind == 0)
        progress();
      else if (kind == 1)
        end_dial();
      else if (kind == 2)
        machine_.pump(now_, out_);
      else if (kind == 3)
        break_one();
      else
        wait();
      settle();
      if (const auto x = machine_.stats(now_).connections; x.closing > 0 && x.closing == x.total()) break_one();
      settle();
    }
    REQUIRE(drained_);
    for (const auto& [id, p] : places_) REQUIRE(p != place::connection);
    machine_.tick(now_, out_); // What came back after the end.
    settle();
    for (const auto& [id, p] : places_) REQUIRE(p == place::gone);
    REQUIRE_FALSE(machine_.next_wake());
  }

  splitmix64 random_;
  pool_options options_;
  pool_machine machine_;
  time_point now_ = epoch;
  std::vector<pool_effect> out_;
  std::map<std::uint64_t, place> places_;
  std::map<connection_id, link> links_;
  std::vector<connection_id> asked_back_;
  std::set<std::uint64_t> offered_;
  std::uint64_t last_id_ = 0;
  bool failing_ = false;
  bool drained_ = false;
};

} // namespace

TEST_CASE("pool: under random events every request is in exactly one place and connections stay in bounds",
          "[pool][random]") {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    INFO("seed " << seed);
    trial{seed}.run(1000);
  }
}
