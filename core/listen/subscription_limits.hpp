// How many subscriptions to notifications there may be: a plain value of the configuration.
// Knows nothing of the rest. Used by the options and the subscription book.
#pragma once

#include <cstddef>

namespace tripool {

/// The bounds of subscriptions.
struct subscription_limits {
  std::size_t channels_max = 1000;        ///< Channels that somebody subscribes to; 0: none may be.
  std::size_t subscriptions_max = 10'000; ///< Pairs of a subscriber and a channel; also requests that wait.
};

} // namespace tripool
