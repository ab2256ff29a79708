// Taking a request back: the ticket that its caller's side and its holder share, and the failure that ends it.
// Only requests that may be cancelled have a ticket. Whoever takes a request over looks at it, so that a request on its
// way between two actors needs no message of its own.
// Knows no actor. Used by request, the pool and pipeline machines and the delegate.
#pragma once

#include "tripool/core/outcome/failure.hpp"

#include <atomic>
#include <string_view>

namespace tripool {

/// Says whether a request is still wanted. Thread-safe.
class cancel_ticket {
public:
  /// The caller takes the request back. There is no way back from that.
  void want() noexcept { wanted_.store(true, std::memory_order_release); }
  bool wanted() const noexcept { return wanted_.load(std::memory_order_acquire); }

private:
  std::atomic<bool> wanted_{false};
};

/// The answer to a request that was taken back while it was not on the wire: `not_executed`, cause `cancelled`.
/// `where`: what it was doing, for example "waited in the queue of pool primary".
failure taken_back(std::string_view where);

} // namespace tripool
