// The instance, its callers, and the one message that sets them off.
#include "tests/performance/hot_path.hpp"

#include "tests/performance/instant_session.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/actors/instance.hpp"
#include "tripool/actors/status.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <condition_variable>
#include <mutex>
#include <vector>

namespace tripool::performance {

namespace {

using namespace std::chrono_literals;

/// What the callers of one run share: only the loop's thread writes, but for the start and the end of a run.
struct round {
  std::uint64_t to_ask = 0;
  std::uint64_t right = 0;
  std::size_t at_rest = 0;
  std::size_t callers = 0;
  caf::actor delegate;
  access mode = access::read;

  std::mutex mutex;
  std::condition_variable over;
  bool ended = false;
};

class caller final : public loop_actor {
public:
  caller(caf::actor_config& cfg, reactor* loop, std::shared_ptr<round> r)
    : loop_actor(cfg, loop), round_(std::move(r)) {}

private:
  caf::behavior make_behavior() override {
    return {[this](tick_msg) { ask(); }};
  }

  void ask() {
    auto& r = *round_;
    if (r.to_ask == 0) return rest();
    --r.to_ask;
    statement s;
    s.mode = r.mode;
    if (r.mode == access::read) {
      s.text = "select aid, abalance from pgbench_accounts where aid = $1";
      s.parameters.emplace_back(std::int64_t{1});
    } else {
      s.text = "update pgbench_accounts set abalance = abalance + $1 where aid = $2";
      s.parameters.reserve(2);
      s.parameters.emplace_back(std::int64_t{1});
      s.parameters.emplace_back(std::int64_t{1});
    }
    request(r.delegate, caf::infinite, std::move(s))
      .then(
        [this](const result& x) {
          const bool right = round_->mode == access::read ? x.size() == 1 : x.affected_rows() == 1;
          if (right) ++round_->right;
          ask();
        },
        [this](const caf::error&) { rest(); });
  }

  void rest() {
    auto& r = *round_;
    if (++r.at_rest < r.callers) return;
    std::lock_guard<std::mutex> guard{r.mutex};
    r.ended = true;
    r.over.notify_all();
  }

  std::shared_ptr<round> round_;
};

/// Sets all callers off from the loop's own thread: no other thread's luck decides their batches.
class starter final : public loop_actor {
public:
  starter(caf::actor_config& cfg, reactor* loop, std::vector<caf::actor> all)
    : loop_actor(cfg, loop), all_(std::move(all)) {}

private:
  caf::behavior make_behavior() override {
    return {[this](tick_msg) {
      for (const auto& x : all_) send(x, tick_msg{});
    }};
  }

  std::vector<caf::actor> all_;
};

/// Nothing that depends on time may happen while instructions are counted, however slowly they run.
options untimed(const hot_path_options& o) {
  options out;
  pool_options p;
  p.name = "primary";
  p.target.host = "127.0.0.1";
  p.target.address = "127.0.0.1";
  p.connections_min = p.connections_max = o.connections;
  p.queue_max = o.callers * 2;
  p.codel_target = 0s;
  p.queue_wait_max = 1h;
  p.slow_statement = 1h;
  p.lifetime = 0s;
  p.validate_after_idle = 1h;
  out.pools.push_back(std::move(p));
  out.monitor.heartbeat_interval = 1h;
  out.monitor.healthy_within = 1h;
  out.monitor.degraded_within = 1h;
  out.monitor.probe_timeout = 1h;
  out.requests.deadline = 1h;
  return out;
}

bool serves(caf::actor_system& sys, const instance& db) {
  caf::scoped_actor self{sys};
  for (int i = 0; i < 1000; ++i) {
    bool yes = false;
    self->request(db.delegate(), 60s, get_service_status{})
      .receive([&](const service_status& x) { yes = x.monitor.table && x.monitor.table->has_writer(); },
               [](const caf::error&) {});
    if (yes) return true;
    self->receive([](int) {}, caf::after(10ms) >> [] {});
  }
  return false;
}

} // namespace

struct hot_path::parts {
  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
  std::unique_ptr<instance> db;
  std::shared_ptr<round> shared = std::make_shared<round>();
  caf::actor start;
};

hot_path::hot_path(const hot_path_options& o) : parts_(std::make_unique<parts>()) {
  auto& p = *parts_;
  p.config.set("scheduler.policy", caf::atom("sharing")); // The other one polls, and would be counted.
  p.config.set("scheduler.max-threads", std::size_t{1});
  p.system = std::make_unique<caf::actor_system>(p.config);
  instance_parts in;
  in.sessions = std::make_shared<instant_factory>();
  in.seed = 1;
  p.db = std::make_unique<instance>(*p.system, untimed(o), std::move(in));
  ready_ = serves(*p.system, *p.db);
  p.shared->callers = o.callers;
  p.shared->delegate = p.db->delegate();
  p.shared->mode = o.mode;
  std::vector<caf::actor> all;
  for (std::size_t i = 0; i < o.callers; ++i) all.push_back(p.db->spawn_on_loop<caller>(p.shared));
  p.start = p.db->spawn_on_loop<starter>(std::move(all));
}

hot_path::~hot_path() {
  parts_->start = nullptr;
  parts_->shared->delegate = nullptr;
  parts_->db.reset();
}

std::uint64_t hot_path::run(std::uint64_t queries) {
  auto& r = *parts_->shared;
  {
    std::lock_guard<std::mutex> guard{r.mutex};
    r.ended = false;
  }
  r.to_ask = queries;
  r.right = 0;
  r.at_rest = 0;
  caf::anon_send(parts_->start, tick_msg{});
  std::unique_lock<std::mutex> guard{r.mutex};
  r.over.wait_for(guard, 60s, [&] { return r.ended; });
  return r.ended ? r.right : 0;
}

} // namespace tripool::performance
