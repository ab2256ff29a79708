// First words of statements, and the transitions of the transaction status.
#include "tripool/core/postgres/detail/transaction_status.hpp"

#include <algorithm>

namespace tripool::postgres {

namespace {

bool is_space(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_letter(char c) noexcept {
  return (lower(c) >= 'a' && lower(c) <= 'z') || c == '_';
}

/// Length of the comment at the text's beginning, nested ones included; 0 when there is none.
std::size_t comment_length(std::string_view text) noexcept {
  if (text.starts_with("--")) {
    return std::min(text.find('\n'), text.size());
  }
  if (!text.starts_with("/*")) {
    return 0;
  }
  std::size_t depth = 0;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == '/' && text[i + 1] == '*') {
      ++depth;
      ++i;
    } else if (text[i] == '*' && text[i + 1] == '/') {
      ++i;
      if (--depth == 0) {
        return i + 1;
      }
    }
  }
  return text.size();
}

/// Takes the next word off the text, skipping blanks and comments; empty at the end or before anything else.
std::string_view next_word(std::string_view& text) noexcept {
  for (;;) {
    while (!text.empty() && is_space(text.front())) {
      text.remove_prefix(1);
    }
    const auto skipped = comment_length(text);
    if (skipped == 0) {
      break;
    }
    text.remove_prefix(skipped);
  }
  const auto end = std::find_if_not(text.begin(), text.end(), is_letter);
  const auto word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(word.size());
  return word;
}

bool same(std::string_view word, std::string_view lower_case) noexcept {
  return std::equal(word.begin(), word.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return lower(a) == b; });
}

} // namespace

transaction_control control_of(std::string_view sql) noexcept {
  const auto first = next_word(sql);
  if (first.empty() || std::string_view{"cerapCERAP"}.find(first.front()) == std::string_view::npos) {
    return transaction_control::none;
  }
  if (same(first, "prepare")) {
    return same(next_word(sql), "transaction") ? transaction_control::ends : transaction_control::none;
  }
  if (!same(first, "commit") && !same(first, "end") && !same(first, "rollback") && !same(first, "abort")) {
    return transaction_control::none;
  }
  bool no = false;
  for (auto word = next_word(sql); !word.empty(); word = next_word(sql)) {
    if (same(word, "prepared")) {
      return transaction_control::none;
    }
    if (same(word, "to") || (same(word, "chain") && !no)) {
      return transaction_control::continues;
    }
    no = same(word, "no");
  }
  return transaction_control::ends;
}

void control_names::prepared(const std::string& name, std::string_view sql) {
  const auto control = control_of(sql);
  if (control != transaction_control::none) {
    names_.emplace_back(name, control);
  }
}

void control_names::closed(const std::string& name) {
  std::erase_if(names_, [&](const auto& x) { return x.first == name; });
}

transaction_control control_names::find(const std::string& name) const noexcept {
  // The latest wins: a name may have been prepared twice when the first attempt failed.
  const auto i = std::find_if(names_.rbegin(), names_.rend(), [&](const auto& x) { return x.first == name; });
  return i == names_.rend() ? transaction_control::none : i->second;
}

void transaction_status::completed(transaction_control control, std::string_view tag) noexcept {
  if (tag == "BEGIN" || tag == "START TRANSACTION") {
    value_ = 'T';
  } else if (tag == "COMMIT" || tag == "ROLLBACK") {
    value_ = control == transaction_control::continues ? 'T' : 'I';
  } else if (tag == "PREPARE TRANSACTION") {
    value_ = 'I';
  }
}

void transaction_status::failed(transaction_control control, std::string_view sqlstate) noexcept {
  if (value_ != 'T') {
    return;
  }
  // An unknown prepared statement or a protocol error means that it never ran; anything else struck while committing.
  const bool ran = sqlstate != "26000" && sqlstate != "08P01" && sqlstate != "42601" && sqlstate != "0A000";
  value_ = control == transaction_control::ends && ran ? 'I' : 'E';
}

} // namespace tripool::postgres
