// The shared surroundings of Tripool's actors.
#include "tripool/actors/environment.hpp"

#include "tripool/actors/protocol_inspect.hpp"
#include "tripool/core/pipeline/server_timeout.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <spdlog/sinks/null_sink.h>

#include <system_error>
#include <thread>
#include <utility>

namespace tripool {

namespace {

constexpr int helpers_max = 32; ///< Blocking calls under way in the whole process.

} // namespace

std::uint64_t environment::next_seed() noexcept {
  // Weyl steps keep the seeds apart; the generators that take them do the mixing.
  return seed + 0x9E3779B97F4A7C15u * ++seeds_given;
}

environment_ptr make_environment(options config, std::shared_ptr<session_factory> sessions, reactor* loop,
                                 std::shared_ptr<spdlog::logger> log, std::uint64_t seed) {
  auto out = std::make_shared<environment>();
  out->loop = loop;
  out->sessions = std::move(sessions);
  out->config = std::move(config);
  fill_session_timeouts(out->config);
  out->put_in_force(std::make_shared<const options>(out->config));
  out->log = std::move(log);
  if (!out->log)
    out->log = std::make_shared<spdlog::logger>("tripool", std::make_shared<spdlog::sinks::null_sink_mt>());
  out->seed = seed;
  out->parked = std::make_unique<parking>(out->config.monitor.parked_max, parked_wait_max);
  out->handovers = std::make_unique<handover_book>(out->config.monitor.parked_max, monitor_silent_for);
  for (std::size_t i = 0; i < out->config.pools.size(); ++i) {
    out->gauges.push_back(std::make_unique<pool_gauge>());
    out->gauges.back()->queue_max = static_cast<std::uint32_t>(out->config.pools[i].queue_max);
    out->paces.push_back(std::make_shared<pace_book>());
    out->types.push_back(std::make_shared<type_cache>());
    out->meters.push_back(std::make_shared<pool_meter>());
  }
  return out;
}

void record(const environment& env, service_event x) {
  auto kept = env.record->add(std::move(x));
  if (kept.count > 1) return;
  if (auto to = caf::actor_cast<caf::actor>(env.events)) caf::anon_send(to, event_msg{std::move(kept)});
}

std::vector<pool_load> read_loads(const environment& env) {
  std::vector<pool_load> out(env.gauges.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto& g = *env.gauges[i];
    out[i].outstanding = g.outstanding.load(std::memory_order_relaxed);
    out[i].queued = g.queued.load(std::memory_order_relaxed);
    out[i].queue_max = g.queue_max.load(std::memory_order_relaxed);
    out[i].choked = g.choked.load(std::memory_order_relaxed);
    out[i].replayed = {g.replayed_timeline.load(std::memory_order_relaxed),
                       g.replayed_lsn.load(std::memory_order_relaxed)};
    out[i].latency_average = duration{g.latency_average_ns.load(std::memory_order_relaxed)};
  }
  return out;
}

bool run_blocking(const environment& env, std::function<void()> job) {
  if (env.inline_helpers) {
    job();
    return true;
  }
  // Not CAF's detached actors: the actor system waits for those at its end, and a server that is stopped can hold a
  // cancel, or a resolver a look-up, for ever.
  static std::atomic<int> under_way{0};
  if (++under_way > helpers_max) {
    --under_way;
    return false;
  }
  try {
    std::thread([job = std::move(job)] {
      job();
      --under_way;
    }).detach();
  } catch (const std::system_error&) {
    --under_way;
    return false;
  }
  return true;
}

} // namespace tripool
