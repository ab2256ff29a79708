// Which texts may commit part of their work by themselves: told by the first letter where that is enough.
#include "tripool/core/statement/traits.hpp"

namespace tripool {

bool commits_by_itself(std::string_view text) noexcept {
  // SELECT, INSERT, UPDATE, WITH, VALUES and others that cannot are told by their first letter.
  constexpr std::string_view possible = "aAcCdDrRvV/-";
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || possible.find(text[first]) == std::string_view::npos) return false;
  return analyse(text).own_transaction;
}

bool may_commit_inside(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return false;
  const char c = text[first];
  const bool possible = c == 'c' || c == 'C' || c == 'd' || c == 'D' || c == '/' || c == '-';
  if (!possible) return false;
  const auto command = analyse(text).command;
  return command == keyword::call_ || command == keyword::do_;
}

bool may_leave_work(std::string_view text, std::string_view sqlstate) noexcept {
  if (may_commit_inside(text)) return true;
  const bool refused = sqlstate == "25001" || sqlstate.substr(0, 2) == "42";
  return !refused && analyse(text).own_transaction;
}

} // namespace tripool
