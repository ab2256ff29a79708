// The only holder of secrets: finds a pool's password where the configuration says, and lends it to a dialling
// connection for that dial. Reads small files, and therefore runs on the scheduler, not on the loop.
// Knows nothing of sessions. Supervised by the manager; used by connections.
#pragma once

#include "tripool/actors/environment.hpp"
#include "tripool/actors/protocol.hpp"
#include "tripool/actors/status.hpp"

#include <caf/event_based_actor.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace tripool {

/// Secrets that stood in the configuration itself, kept for the carrier over its restarts. Nobody else reads it.
class secret_store {
public:
  secret_store() = default;
  explicit secret_store(std::map<std::string, secret> by_pool) : by_pool_(std::move(by_pool)) {}
  /// A copy of the pool's secret; empty when there is none. Thread-safe: the store never changes.
  secret find(const std::string& pool) const;

private:
  std::map<std::string, secret> by_pool_;
};

/// The actor. Messages: lease_credential -> credential_lease, get_status -> carrier_status.
/// Sources, the first that has something wins: the pool's password-file (read at each dial), the configuration itself,
/// the environment's PGPASSWORD, and last libpq's own passfile, which libpq reads by itself.
class credential_carrier final : public caf::event_based_actor {
public:
  credential_carrier(caf::actor_config& cfg, environment_ptr env, std::shared_ptr<const secret_store> secrets);
  const char* name() const override { return "tripool.credential_carrier"; }

private:
  struct known {
    credential_status status;
    std::size_t fingerprint = 0; ///< Of the last secret, salted per process: tells a change, not the secret.
  };

  caf::behavior make_behavior() override;
  caf::result<credential_lease> lend(std::size_t pool);

  environment_ptr env_;
  std::shared_ptr<const secret_store> secrets_;
  std::vector<known> known_;
  std::uint64_t salt_;
};

} // namespace tripool
