// Free TCP ports on 127.0.0.1. Used by private_cluster before it starts its servers.
#pragma once

#include "service/cluster/result.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tripool::cluster {

/// Returns `count` different ports on which nobody listens now. Someone else may take one before its server is
/// started: the caller then asks again. They lie below the range that the system gives to outgoing connections,
/// because a client that keeps dialling a dead server inside that range can end up connected to itself, and then
/// holds the server's port.
result<std::vector<std::uint16_t>> find_free_ports(std::size_t count);

} // namespace tripool::cluster
