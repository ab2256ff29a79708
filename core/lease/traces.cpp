// Looking for names, in any case.
#include "tripool/core/lease/traces.hpp"

#include "tripool/core/statement/scanner.hpp"
#include "tripool/core/statement/traits.hpp"

#include <algorithm>
#include <array>

namespace tripool {

namespace {

constexpr std::array<std::string_view, 3> names{"set_config", "advisory_lock", "pg_temp"};

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool holds(std::string_view text, std::string_view name) noexcept {
  const auto same = [](char x, char y) { return lower(x) == y; };
  return std::search(text.begin(), text.end(), name.begin(), name.end(), same) != text.end();
}

} // namespace

bool may_leave_traces(std::string_view text) noexcept {
  if (std::any_of(names.begin(), names.end(), [&](auto name) { return holds(text, name); })) return true;
  return may_commit_inside(text) && analyse(text).command == keyword::do_;
}

bool may_make_read_only(std::string_view text) noexcept {
  if (!holds(text, "read")) return false;
  if (holds(text, "read_only")) return true;
  scanner s{text};
  bool read = false;
  for (auto t = s.next(); t.kind != token_kind::end; t = s.next()) {
    if (t.kind != token_kind::word) {
      read = false;
      continue;
    }
    const auto word = text.substr(t.begin, t.end - t.begin);
    if (read && word.size() == 4 && holds(word, "only")) return true;
    read = word.size() == 4 && holds(word, "read");
  }
  return false;
}

} // namespace tripool
