// What a node says of itself beside its snapshot, which knows nothing of processes: for whoever shows the status of a
// node from elsewhere.
// Answered by the caller's guest; asked through a remote delegate.
#pragma once

#include "tripool/core/time.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <cstdint>
#include <string>

namespace tripool {

/// Anybody -> remote delegate: which process is the node? Reply: node_facts, of one that is up.
struct get_node_facts {};

/// The node's process.
struct node_facts {
  std::string version{}; ///< As whoever published the delegate calls it.
  std::int64_t pid = 0;
  duration age{0}; ///< Since it let callers in.
};

} // namespace tripool

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::get_node_facts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::node_facts)
