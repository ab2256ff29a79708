// The whole of Tripool in one object: owns the event loop and everything on it, and ends it all in the right order
// before the actor system, whatever is in flight. What an embedding application makes once and keeps.
//
//     caf::actor_system sys{cfg};
//     tripool::instance db{sys, std::move(loaded)};
//     self->request(db.delegate(), caf::infinite, tripool::statement{"select 1"}).then(...);
#pragma once

#include "tripool/actors/environment.hpp"
#include "tripool/actors/loop_actor.hpp"
#include "tripool/actors/protocol.hpp"
#include "tripool/actors/request_observer.hpp"
#include "tripool/core/credentials/secret.hpp"
#include "tripool/core/ports/credential_source.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tripool {

/// What an instance is made of beyond its options.
struct instance_parts {
  std::map<std::string, secret> passwords;      ///< By pool: those that the configuration held itself.
  std::shared_ptr<spdlog::logger> log;          ///< Null: no log.
  std::shared_ptr<session_factory> sessions;    ///< Null: PostgreSQL through libpq.
  std::uint64_t seed = 0;                       ///< 0: drawn from the system.
  std::shared_ptr<request_observer> observer{}; ///< Follows the requests, for traces; null: nobody does.
  /// The application's own sources of credentials, asked before all others.
  std::vector<std::shared_ptr<credential_source>> credential_sources{};
};

/// A running Tripool. Made and destroyed outside of its loop's thread; the actor system must outlive it. The destructor
/// stops at once what `stop` has not: requests in flight are answered (in doubt where that is the truth), never
/// dropped.
class instance {
public:
  instance(caf::actor_system& sys, options config, instance_parts parts = {});
  ~instance();
  instance(const instance&) = delete;
  instance& operator=(const instance&) = delete;

  /// The handle for callers. Valid for the life of the instance; requests sent after its end are answered by CAF with
  /// `request_receiver_down`, which `failure_of` knows to be not executed.
  const caf::actor& delegate() const noexcept { return delegate_; }

  /// Takes nothing new, lets what is in flight finish within `limit` (options: drain_timeout), answers the rest, ends
  /// all actors. Blocks. Harmless when called twice.
  void stop(duration limit);

  /// Spawns an actor of the application on the loop, where a query costs no hand-off between threads: for callers that
  /// send very many. `T` derives from `loop_actor` and takes `(caf::actor_config&, reactor*, args...)`. It must not
  /// block, and ends with the instance at the latest.
  template <class T, class... Args>
  caf::actor spawn_on_loop(Args&&... args) {
    return sys_.spawn<T>(loop_.get(), std::forward<Args>(args)...);
  }

  /// The loop, for inspection.
  const reactor& loop() const noexcept { return *loop_; }
  const environment& surroundings() const noexcept { return *env_; }

private:
  void watch_loop();

  caf::actor_system& sys_;
  std::unique_ptr<reactor> loop_;
  environment_ptr env_;
  caf::actor delegate_;
};

} // namespace tripool
