// Waiting for answers.
#include "tripool/actors/client/blocking_client.hpp"

#include <random>
#include <thread>

namespace tripool {

blocking_client::blocking_client(caf::actor_system& sys, caf::actor delegate)
  : self_(sys), delegate_(std::move(delegate)) {
  // `await_all_actors_done` would wait for it, and CAF 0.17 takes no notice of the wish to hide it.
  self_->unregister_from_system();
}

answer<std::vector<result>> blocking_client::execute(batch x) {
  auto out = ask<reply>(delegate_, std::move(x));
  if (!out) return unexpected{std::move(out).error()};
  return std::move(out->results);
}

answer<blocking_transaction> blocking_client::begin(tripool::begin how) {
  auto handle = ask<transaction_handle>(delegate_, std::move(how));
  if (!handle) return unexpected{std::move(handle).error()};
  return blocking_transaction{self_, std::move(*handle)};
}

answer<blocking_lease> blocking_client::acquire(tripool::acquire how) {
  auto handle = ask<lease_handle>(delegate_, std::move(how));
  if (!handle) return unexpected{std::move(handle).error()};
  return blocking_lease{self_, std::move(*handle)};
}

bool blocking_client::wait_for_repeat(const failure& why, std::uint32_t runs, const repeat_limits& limits,
                                      time_point until) {
  std::random_device source;
  const auto random = (std::uint64_t{source()} << 32U) | source();
  const auto pause = pause_before_repeat(why, runs, limits, self_->clock().now(), until, random);
  if (pause) std::this_thread::sleep_for(*pause);
  return pause.has_value();
}

} // namespace tripool
