// The only holder of secrets: has the sources of each credential asked by helpers, and lends a credential to a dialling
// connection for that dial. Runs on the scheduler, not on the loop.
// Holds no policy: when to ask, what to lend and what a refusal means is credential_machine's. Knows nothing of
// sessions. Supervised by the manager; used by connections.
#pragma once

#include "tripool/actors/credentials/secret_store.hpp"
#include "tripool/actors/credentials/source_chain.hpp"
#include "tripool/actors/environment.hpp"
#include "tripool/actors/protocol.hpp"
#include "tripool/actors/protocol_credentials.hpp"
#include "tripool/actors/status.hpp"
#include "tripool/core/credentials/credential_machine.hpp"
#include "tripool/core/util/random.hpp"

#include <caf/event_based_actor.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tripool {

/// A helper -> carrier: what the sources said. Cannot be printed.
struct credential_fetched_msg {
  std::size_t credential = 0;
  std::uint64_t flight = 0;
  std::shared_ptr<fetch_result> what;
};

/// The carrier -> itself: something may be due.
struct credential_tick_msg {};

/// The actor. Messages: lease_credential -> credential_lease, refresh_credentials -> credentials_refreshed,
/// credential_accepted_msg, credential_refused_msg, topology_msg, get_status -> carrier_status.
class credential_carrier final : public caf::event_based_actor {
public:
  credential_carrier(caf::actor_config& cfg, environment_ptr env, std::shared_ptr<const secret_store> secrets);
  const char* name() const override { return "tripool.credential_carrier"; }
  void on_exit() override;

private:
  /// One credential and the pools that use it.
  struct known {
    std::vector<std::size_t> pools;
    std::shared_ptr<const source_chain> sources;
    credential_machine machine;
    std::optional<time_point> armed;
    std::string problem; ///< The last that was logged.
  };
  /// Somebody who asked for a refresh.
  struct refresh {
    caf::response_promise to;
    std::map<std::size_t, refreshed_credential> found; ///< By credential, whatever order they were answered in.
    std::size_t missing = 0;
  };

  caf::behavior make_behavior() override;
  void group_pools();
  void ask_to_refresh(const refresh_credentials& x, caf::response_promise to);
  void turn(std::size_t credential);
  void carry_out(std::size_t credential, const fetch_effect& x);
  void carry_out(std::size_t credential, const lend_effect& x);
  void carry_out(std::size_t credential, const deny_effect& x);
  void carry_out(std::size_t credential, const changed_effect& x);
  void carry_out(std::size_t credential, const available_effect& x);
  void carry_out(std::size_t credential, const login_refused_effect& x);
  void carry_out(std::size_t credential, const refreshed_effect& x);
  void tell_pools(std::size_t credential, std::uint64_t generation);
  void tell_newcomers(const topology_msg& before);
  void note_problem(std::size_t credential);
  void note_events(std::size_t credential, severity weight, const std::string& text);
  void note_event(std::size_t pool, severity weight, std::string sqlstate, std::string text);
  void remember(std::size_t credential);
  void arm(std::size_t credential);
  std::string pools_text(const known& k) const;
  carrier_status status() const;
  time_point now() const;

  environment_ptr env_;
  std::shared_ptr<const secret_store> secrets_;
  std::vector<known> known_;
  std::vector<std::size_t> of_pool_; ///< By pool: its credential.
  splitmix64 random_;
  topology_msg who_;
  std::map<credential_ticket, caf::response_promise> leases_; ///< Who waits for a lease.
  std::map<credential_ticket, std::shared_ptr<refresh>> refreshes_;
  credential_ticket last_ticket_ = 0;
  std::vector<credential_effect> effects_;
};

} // namespace tripool

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::credential_fetched_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::credential_tick_msg)
