// Publishing a delegate to other nodes: through CAF's middleman, plainly on loopback only, elsewhere with mutual TLS,
// unless somebody insists on plain text in so many words.
// Used by `tripool serve --listen` and by embedding programs.
#pragma once

#include "tripool/actors/instance.hpp"
#include "tripool/actors/remote/front_guard.hpp"
#include "tripool/actors/remote/gate.hpp"
#include "tripool/core/util/expected.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system_config.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace tripool {

/// A certificate, its key, and the authority that the other side's must come from; PEM files. All or none.
struct remote_tls_files {
  std::string certificate;
  std::string key;
  std::string authority;

  bool empty() const noexcept { return certificate.empty() && key.empty() && authority.empty(); }
};

/// Where and how a delegate is published.
struct listen_options {
  std::string host = "127.0.0.1"; ///< An address, not a name.
  std::uint16_t port = 0;         ///< 0: any free one.
  bool tls = false;               ///< Mutual, with the files that the actor system was configured with.
  bool insecure_plaintext_beyond_loopback = false;
  std::string version{}; ///< What the node calls itself to callers who ask.
  gate_limits limits{};
  guard_limits guard{}; ///< Without TLS.
};

/// Reads "127.0.0.1:4711" or "[::1]:4711". Error: what is wrong with it.
expected<listen_options, std::string> read_listen_address(std::string_view text);

/// Whether the address is one of this machine's own, which no other machine can reach.
bool is_loopback(std::string_view address) noexcept;

/// Prepares an actor system for callers or nodes: loads CAF's middleman, makes the message known and, with files, loads
/// caf_openssl and gives it those. To be called before the system is made. Returns what is wrong with the files, or "".
std::string configure_remote(caf::actor_system_config& cfg, const remote_tls_files& files = {});

/// A published delegate.
struct published_gate {
  caf::actor gate;
  caf::actor guard; ///< In front of it, without TLS.
  std::uint16_t port = 0;
};

/// Publishes it. Error: for people, why not. The gate ends with the instance, the guard with the actor system.
expected<published_gate, std::string> publish_delegate(caf::actor_system& sys, instance& db, const listen_options& how);

} // namespace tripool
