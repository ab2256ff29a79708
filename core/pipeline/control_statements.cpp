// Texts and names of the statements around a unit's own.
#include "tripool/core/pipeline/control_statements.hpp"

#include <algorithm>

namespace tripool {

const std::string& control_statements::text(which x) noexcept {
  static const std::array<std::string, all.size()> texts{"BEGIN", "BEGIN READ ONLY", "COMMIT"};
  return texts[static_cast<std::size_t>(x)];
}

void control_statements::renew() {
  static constexpr std::array stems{"tp_begin_", "tp_read_", "tp_commit_"};
  ++generation_;
  ready_ = true;
  for (std::size_t i = 0; i < names_.size(); ++i) names_[i] = stems[i] + std::to_string(generation_);
}

void control_statements::lost(const std::string& name) noexcept {
  if (has(name)) ready_ = false;
}

bool control_statements::has(const std::string& name) const noexcept {
  return ready_ && std::find(names_.begin(), names_.end(), name) != names_.end();
}

} // namespace tripool
