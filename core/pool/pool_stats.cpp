// Names for pool states.
#include "tripool/core/pool/pool_stats.hpp"

namespace tripool {

std::string_view to_string(pool_state x) noexcept {
  switch (x) {
    case pool_state::running: return "running";
    case pool_state::suspended: return "suspended";
    case pool_state::draining: return "draining";
    case pool_state::drained: return "drained";
  }
  return "unknown";
}

} // namespace tripool
