// Matching scripted faults.
#include "tests/support/sim_script.hpp"

namespace tripool::test {

std::optional<sim_fault> sim_script::take(std::string_view text, bool control, fault_point at, bool prepared,
                                          bool delayed) {
  for (auto i = faults_.begin(); i != faults_.end(); ++i) {
    const bool meant = i->text.empty() ? !control : i->text == text;
    if (!meant || i->at != at || (i->only_prepared && !prepared)) continue;
    if (delayed && i->what == fault_kind::delay) continue;
    auto out = *i;
    if (--i->times == 0) faults_.erase(i);
    return out;
  }
  return std::nullopt;
}

} // namespace tripool::test
