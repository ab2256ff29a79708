// Asking, once a second and when somebody wants to know.
#include "service/http/observer.hpp"

#include "tripool/actors/protocol.hpp"

#include <caf/scoped_actor.hpp>

#include <algorithm>
#include <utility>

namespace tripool::service {

namespace {

constexpr std::chrono::seconds pause{1};

double rate(std::uint64_t before, std::uint64_t after, double seconds) {
  return after > before && seconds > 0 ? static_cast<double>(after - before) / seconds : 0;
}

const pool_status* find(const service_status& in, const std::string& name) {
  const auto i = std::find_if(in.pools.begin(), in.pools.end(), [&](const auto& p) { return p.stats.name == name; });
  return i == in.pools.end() ? nullptr : &*i;
}

pool_sample sample_of(const pool_view& v, const service_status* before, double span) {
  pool_sample out;
  if (v.monitored) out.health = to_string(v.monitored->health.state);
  out.writes = v.route && v.route->usable_for_writes;
  if (!v.pool) return out;
  const auto& s = v.pool->stats;
  out.outstanding = s.outstanding;
  out.queued = s.queued;
  out.open = s.connections.open();
  const auto* old = before ? find(*before, v.name) : nullptr;
  if (!old) return out;
  const auto fresh = v.pool->measures.service.since(old->measures.service);
  out.answered = span > 0 ? static_cast<double>(fresh.count()) / span : 0;
  out.p50 = seconds(fresh.quantile(0.5));
  out.p99 = seconds(fresh.quantile(0.99));
  return out;
}

} // namespace

observer::observer(caf::actor_system& sys, const instance& of)
  : sys_(sys), delegate_(of.delegate()), thread_([this] { run(); }) {}

observer::~observer() {
  {
    const std::lock_guard guard{mutex_};
    end_ = true;
  }
  ended_.notify_all();
  thread_.join();
}

std::shared_ptr<const observation> observer::look(std::chrono::milliseconds age) {
  const auto came = std::chrono::steady_clock::now();
  const std::lock_guard one{asking_};
  {
    const std::lock_guard guard{mutex_};
    if (last_ && std::chrono::steady_clock::now() - last_->at <= age) return last_;
  }
  // While this one waited, another asked in vain: that answers all who waited, or each would wait as long again.
  if (failed_at_ >= came) return nullptr;
  return ask();
}

std::shared_ptr<const observation> observer::ask() {
  auto x = std::make_shared<observation>();
  bool heard = false;
  caf::scoped_actor self{sys_};
  self->request(delegate_, answer_limit, get_service_status{})
    .receive(
      [&](service_status& s) {
        x->status = std::move(s);
        heard = true;
      },
      [](const caf::error&) {});
  if (!heard) {
    failed_at_ = std::chrono::steady_clock::now();
    return nullptr;
  }
  x->at = std::chrono::steady_clock::now();
  x->wall = std::chrono::system_clock::now();
  x->began = began_;
  const std::lock_guard guard{mutex_};
  last_ = x;
  return x;
}

void observer::run() {
  std::unique_lock lock{mutex_};
  while (!end_) {
    lock.unlock();
    if (auto x = look()) keep(std::move(x));
    lock.lock();
    ended_.wait_for(lock, pause, [this] { return end_; });
  }
}

void observer::keep(std::shared_ptr<const observation> now) {
  const auto& x = *now;
  const std::lock_guard guard{mutex_};
  const auto* before = sampled_ ? &sampled_->status : nullptr;
  const auto span = sampled_ ? seconds(x.at - sampled_->at) : 0;
  sample out;
  out.wall = x.wall;
  if (before) {
    const auto& a = before->delegate.answers;
    const auto& b = x.status.delegate.answers;
    out.done = rate(a.done, b.done, span);
    out.rejected = rate(a.rejected, b.rejected, span);
    out.not_executed = rate(a.not_executed, b.not_executed, span);
    out.in_doubt = rate(a.in_doubt, b.in_doubt, span);
  }
  for (const auto& v : pools_of(x.status)) out.pools.push_back(sample_of(v, before, span));
  samples_.push_back(std::move(out));
  if (samples_.size() > samples_max) samples_.pop_front();
  sampled_ = std::move(now);
}

std::vector<sample> observer::history() const {
  const std::lock_guard guard{mutex_};
  return {samples_.begin(), samples_.end()};
}

} // namespace tripool::service
