// Names of states and roles, and durations as text.
#include "tripool/core/health/health.hpp"

#include "tripool/core/health/health_text.hpp"

namespace tripool {

std::string_view to_string(health_state x) noexcept {
  switch (x) {
    case health_state::unknown: return "unknown";
    case health_state::healthy: return "healthy";
    case health_state::degraded: return "degraded";
    case health_state::recovering: return "recovering";
    case health_state::unhealthy: return "unhealthy";
  }
  return "unknown";
}

std::string_view to_string(server_role x) noexcept {
  switch (x) {
    case server_role::unknown: return "unknown";
    case server_role::primary: return "primary";
    case server_role::standby: return "standby";
  }
  return "unknown";
}

std::string for_people(duration x) {
  using namespace std::chrono;
  if (x < seconds{10}) return std::to_string(duration_cast<milliseconds>(x).count()) + " ms";
  return std::to_string(duration_cast<seconds>(x).count()) + " s";
}

} // namespace tripool
