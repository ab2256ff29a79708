// Down the ladder, and the look at who serves.
// Used by the simulation through ladder.hpp.
#include "tests/simulation/ladder.hpp"

#include "tripool/actors/fallback/protocol_fallback.hpp"
#include "tripool/actors/protocol_events.hpp"

namespace tripool::test {

namespace {

/// Writes into the history who serves, and tells the bounds of each simple pool.
class ladder_watcher final : public caf::event_based_actor {
public:
  ladder_watcher(caf::actor_config& cfg, stage& s, bounds& b) : caf::event_based_actor(cfg), s_(s), bounds_(b) {}
  const char* name() const override { return "test.ladder_watcher"; }

private:
  caf::behavior make_behavior() override {
    send(s_.world.delegate, subscribe_events{});
    return {
      [this](const fallback_event& x) {
        s_.note("service: " + std::string{to_string(x.before)} + " -> " + std::string{to_string(x.now)});
        if (x.now == service_mode::simple) bounds_.fell();
        s_.book.watched_over(x.now == service_mode::resilient);
      },
      [](events_subscribed) {},
      [](const doubt_event&) {},
      [](const doubt_settled_event&) {},
    };
  }

  stage& s_;
  bounds& bounds_;
};

} // namespace

ladder::ladder(stage& s, bounds& b) : s_(s), bounds_(b) {
  if (used()) watcher_ = s_.world.spawn<ladder_watcher>(s_, bounds_);
}

ladder::~ladder() {
  end();
}

void ladder::end() {
  if (watcher_) caf::anon_send_exit(watcher_, caf::exit_reason::kill);
  watcher_ = nullptr;
}

void ladder::strike() {
  if (!s_.plan.resilient) return kill_simple();
  switch (s_.pick(5)) {
    case 0: return silence(true);
    case 1: return silence(false);
    case 2: return kill_simple();
    default: return kill_manager();
  }
}

void ladder::silence(bool manager) {
  const auto all = s_.world.query<topology_msg>(s_.world.delegate, get_topology{});
  const auto who = all ? (manager ? all->manager : all->monitor) : caf::actor{};
  if (!who) return;
  s_.note(std::string{"the "} + (manager ? "manager" : "monitor") + " falls silent");
  bounds_.died("tripool.monitor"); // It will be ended for it.
  actor_world::silence(who);
}

/// More often than its budget allows.
void ladder::kill_manager() {
  s_.note("the manager dies and dies");
  for (std::size_t n = 0; n <= s_.world.env->config.supervision.restarts_max; ++n) {
    const auto all = s_.world.query<topology_msg>(s_.world.delegate, get_topology{});
    if (!all || !all->manager) continue;
    bounds_.died("tripool.pool_manager");
    s_.world.strike(all->manager, static_cast<death>(s_.pick(3)));
    s_.world.advance(s_.ms(0, 50));
  }
}

void ladder::kill_simple() {
  const auto all = s_.world.query<topology_msg>(s_.world.delegate, get_topology{});
  if (!all || !all->simple) return;
  s_.note("death of the simple pool");
  bounds_.died("tripool.simple_pool");
  s_.world.strike(all->simple, static_cast<death>(s_.pick(3)));
}

ladder_counts ladder::counts() {
  const auto x = s_.world.query<delegate_status>(s_.world.delegate, get_status{});
  if (!x) return {};
  return {x->fallback.falls, x->fallback.returns, x->fallback.accepted};
}

void ladder::look_at_rest() {
  const auto x = s_.world.query<delegate_status>(s_.world.delegate, get_status{});
  if (!x) return s_.complain("the delegate does not answer");
  const auto& f = x->fallback;
  const auto wanted = s_.plan.resilient ? service_mode::resilient : service_mode::simple;
  if (f.mode != wanted) s_.complain("service is " + std::string{to_string(f.mode)} + " when all is well: " + f.why);
  if (f.retiring > 0 || f.simple_alive == s_.plan.resilient)
    s_.complain(std::to_string(f.retiring) + " simple pools still finish what they have, and one "
                + (f.simple_alive ? "serves" : "is missing"));
}

} // namespace tripool::test
