// Names of events.
#include "tripool/core/record/service_event.hpp"

#include <algorithm>
#include <array>

namespace tripool {

namespace {

constexpr std::array<std::string_view, event_kinds_count> names{
  "health",      "pool_out",  "pool_in",   "failover",      "fence",    "eviction",    "trouble",  "connection_lost",
  "dial_failed", "gap",       "listening", "credential",    "overload", "relief",      "in_doubt", "settled",
  "died",        "restarted", "control",   "configuration", "circuit",  "loop_blocked"};

} // namespace

std::string_view to_string(event_kind x) noexcept {
  const auto i = static_cast<std::size_t>(x);
  return i < names.size() ? names[i] : "unknown";
}

std::optional<event_kind> event_kind_of(std::string_view name) noexcept {
  const auto i = std::ranges::find(names, name);
  if (i == names.end()) return std::nullopt;
  return static_cast<event_kind>(i - names.begin());
}

std::string_view to_string(severity x) noexcept {
  switch (x) {
    case severity::info: return "info";
    case severity::warning: return "warning";
    case severity::error: return "error";
  }
  return "info";
}

std::string to_string(const service_event& x) {
  std::string out{to_string(x.weight)};
  out.append(" ").append(to_string(x.kind));
  if (!x.pool.empty()) out.append(" ").append(x.pool);
  if (x.request != 0) out.append(" request ").append(std::to_string(x.request));
  if (!x.sqlstate.empty()) out.append(" ").append(x.sqlstate);
  out.append(": ").append(x.text);
  if (x.count > 1) out.append(" (").append(std::to_string(x.count)).append(" times)");
  return out;
}

} // namespace tripool
