// What `tripool serve` can be told about callers on other nodes, and letting them in.
// Knows nothing of what they ask. Used by main.cpp and serve.cpp.
#pragma once

#include "tripool/actors/instance.hpp"
#include "tripool/actors/remote/publish.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <spdlog/logger.h>

#include <optional>
#include <string>

namespace tripool::service {

/// Where `tripool serve` lets other nodes in.
struct listen_arguments {
  std::string address;             ///< ADDRESS:PORT; empty: nowhere.
  std::string certificate;         ///< With the next two: mutual TLS.
  std::string key;                 ///< Of the certificate.
  std::string authority;           ///< That a caller's certificate must come from.
  bool insecure_plaintext = false; ///< Off loopback without TLS: anybody may come.
};

/// Makes them ready on the configuration of an actor system that is still to be made. Returns nothing after a
/// complaint. Precondition: there is an address.
std::optional<listen_options> listening_or_complain(const listen_arguments& x, caf::actor_system_config& cfg);

/// Lets other nodes in. Returns whether that worked; if not, the reason was said.
bool publish_or_complain(caf::actor_system& sys, instance& db, const listen_options& how, spdlog::logger& log);

} // namespace tripool::service
