// The guard in front of CAF's middleman, where callers come without TLS: takes their connections, looks at every
// message's header (frame_guard), and passes on what may pass. Bounds the number of connections, the time until the
// first message, and what waits for a peer that does not read. With TLS there is none: who gets that far has shown a
// certificate.
// Used by publish.cpp only.
#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/expected.hpp>

#include <spdlog/logger.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace tripool {

/// What one guard lets pass.
struct guard_limits {
  std::size_t connections_max = 2000;
  std::uint32_t message_bytes_max = std::uint32_t{64} << 20U;
  /// Waiting for a peer that does not read: what a guest may leave unread, and one answer of any size.
  std::size_t unread_bytes_max = std::size_t{576} << 20U;
  std::chrono::milliseconds handshake_max{5000}; ///< Until the first whole message.
};

/// Where the guard listens, and where the middleman does.
struct guarded_port {
  caf::actor guard;
  std::uint16_t port = 0;
};

/// Starts a guard at `host`:`port` (0: any) for the middleman's own port `inner` on 127.0.0.1. It ends with `gate`, as
/// it must before the actor system does. Error: CAF's.
caf::expected<guarded_port> spawn_front_guard(caf::actor_system& sys, const std::string& host, std::uint16_t port,
                                              const caf::actor& gate, std::uint16_t inner, guard_limits limits,
                                              std::shared_ptr<spdlog::logger> log);

} // namespace tripool
