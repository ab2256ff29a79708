// Host names into addresses. Blocks, and is therefore called on helpers only. Used by the connection actor.
#pragma once

#include "tripool/actors/protocol.hpp"

#include <string>

namespace tripool {

/// Whether a host is a name: neither a numeric address nor a socket directory nor empty.
bool needs_resolving(const std::string& host);

/// Resolves a name to its first address, as the system's resolver orders them. Blocks for as long as the resolver does.
resolved_msg resolve_blocking(const std::string& host);

} // namespace tripool
