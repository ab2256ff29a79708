// To a notice and back.
#include "tripool/core/result/parameter_change.hpp"

namespace tripool {

server_message notice_of(const parameter_change& x) {
  server_message out;
  out.severity = parameter_severity;
  out.sqlstate = "00000";
  out.message = x.name;
  out.detail = x.value;
  return out;
}

std::vector<parameter_change> parameter_changes(const result& x) {
  std::vector<parameter_change> out;
  for (const auto& n : x.notices())
    if (n.severity == parameter_severity) out.push_back({n.message, n.detail});
  return out;
}

} // namespace tripool
