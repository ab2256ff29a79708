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

/// READ ONLY as two words, with whatever may stand between.
bool says_read_only(std::string_view text) noexcept {
  scanner s{text};
  bool read = false;
  for (auto t = s.next(); t.kind != token_kind::end; t = s.next()) {
    const bool word = t.kind == token_kind::word && t.end - t.begin == 4;
    const auto what = text.substr(t.begin, t.end - t.begin);
    if (read && word && holds(what, "only")) return true;
    read = word && holds(what, "read");
  }
  return false;
}

} // namespace

bool may_leave_traces(std::string_view text) noexcept {
  if (std::any_of(names.begin(), names.end(), [&](auto name) { return holds(text, name); })) return true;
  return may_commit_inside(text) && analyse(text).command == keyword::do_;
}

read_only_wish read_only_wish_of(std::string_view text) noexcept {
  if (!holds(text, "read")) return read_only_wish::none;
  const auto command = analyse(text).command;
  const bool begins = command == keyword::begin_ || command == keyword::start_;
  if (!begins && command != keyword::set_ && !holds(text, "set_config")) return read_only_wish::none;
  if (holds(text, "default_transaction_read_only")) return read_only_wish::session;
  if (holds(text, "transaction_read_only")) return read_only_wish::block;
  if (!says_read_only(text)) return read_only_wish::none;
  return !begins && holds(text, "characteristics") ? read_only_wish::session : read_only_wish::block;
}

} // namespace tripool
