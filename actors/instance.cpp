// Starting and ending everything in the right order.
#include "tripool/actors/instance.hpp"

#include "tripool/actors/credentials/secret_pages.hpp"
#include "tripool/actors/delegate.hpp"
#include "tripool/core/postgres/session_factory.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <random>

namespace tripool {

namespace {

std::uint64_t seed_or_random(std::uint64_t x) {
  if (x != 0) return x;
  std::random_device source;
  return (std::uint64_t{source()} << 32U) | source();
}

} // namespace

instance::instance(caf::actor_system& sys, options config, instance_parts parts) : sys_(sys) {
  protect_secrets();
  if (!parts.sessions) parts.sessions = std::make_shared<postgres::session_factory>();
  loop_ = std::make_unique<reactor>(sys);
  env_ = make_environment(std::move(config), std::move(parts.sessions), loop_.get(), std::move(parts.log),
                          seed_or_random(parts.seed));
  env_->load_types = true;
  auto secrets = std::make_shared<const secret_store>(std::move(parts.passwords), std::move(parts.credential_sources));
  delegate_ = sys.spawn<tripool::delegate, caf::hidden>(env_, std::move(secrets), std::move(parts.observer));
  if (env_->config.loop_block_limit > duration::zero()) watch_loop();
}

/// The record, and with it subscribers, hear of it on whatever thread notices.
void instance::watch_loop() {
  loop_->watch_turns(env_->config.loop_block_limit, [env = env_](const blocked_loop& x) {
    env->log->warn("{}", to_string(x));
    service_event e;
    e.at = std::chrono::steady_clock::now();
    e.kind = event_kind::loop_blocked;
    e.weight = x.over ? severity::warning : severity::error;
    e.text = to_string(x);
    record(*env, std::move(e));
  });
}

instance::~instance() {
  stop(duration::zero());
}

void instance::stop(duration limit) {
  if (!loop_) return;
  {
    caf::scoped_actor self{sys_};
    self->monitor(delegate_);
    caf::anon_send(delegate_, drain_msg{limit});
    // The pools answer what is left at the limit; the rest of this time is for the messages in between.
    const auto until = limit + std::chrono::seconds{2};
    bool down = false;
    self->receive([&](const caf::down_msg&) { down = true; },
                  caf::after(std::chrono::duration_cast<caf::timespan>(until)) >> [] {});
    if (!down) env_->log->warn("draining took too long; the rest is ended now");
  }
  loop_.reset(); // Ends every actor that is left, then the thread.
}

} // namespace tripool
