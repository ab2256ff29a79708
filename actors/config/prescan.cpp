// Walks over the text once, leaving out comments and quoted texts.
#include "tripool/actors/config/prescan.hpp"

#include "tripool/core/config/quantity.hpp"

#include <algorithm>

namespace tripool {

namespace {

bool is_digit(char x) {
  return x >= '0' && x <= '9';
}

bool is_word(char x) {
  return is_digit(x) || (x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z') || x == '_' || x == '-';
}

// Position behind a quoted text that begins at `at`. An unclosed one ends with its line, as CAF's parser has it.
std::size_t skip_quoted(std::string_view text, std::size_t at) {
  const char quote = text[at++];
  while (at < text.size() && text[at] != quote && text[at] != '\n') at += text[at] == '\\' ? 2u : 1u;
  return std::min(at + 1, text.size());
}

// A word of a number and a unit, with a number that its unit takes out of range.
bool overflows(std::string_view word) {
  std::size_t digits = 0;
  while (digits < word.size() && is_digit(word[digits])) ++digits;
  const auto unit = word.substr(digits);
  const bool is_duration = unit == "ns" || unit == "us" || unit == "ms" || unit == "s" || unit == "min" || unit == "h";
  return digits > 0 && is_duration && !parse_duration(word);
}

} // namespace

config_origin origin_at(std::string_view text, std::size_t position, const std::string& file) {
  position = std::min(position, text.size());
  const auto before = text.substr(0, position);
  const auto line_start = before.rfind('\n');
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto column = line_start == std::string_view::npos ? position + 1 : position - line_start;
  return {file, static_cast<int>(line), static_cast<int>(column)};
}

std::optional<config_error> prescan(std::string_view text, const std::string& file) {
  const auto wrong = [&](std::size_t at, std::string message) {
    return config_error{origin_at(text, at, file), {}, {}, std::move(message)};
  };
  if (const auto nul = text.find('\0'); nul != std::string_view::npos)
    return wrong(nul, "a NUL byte: this is no configuration file");
  int depth = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == ';') {
      at = std::min(text.find('\n', at), text.size());
    } else if (c == '"' || c == '\'') {
      at = skip_quoted(text, at);
    } else if (is_word(c)) {
      const auto begin = at;
      while (at < text.size() && is_word(text[at])) ++at;
      auto word = text.substr(begin, at - begin);
      if (word.front() == '-') word.remove_prefix(1);
      if (overflows(word)) return wrong(begin, "the duration is too long: at most 292 years can be expressed");
    } else {
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      if (depth > config_depth_max)
        return wrong(at, "groups and lists are nested more than " + std::to_string(config_depth_max) + " levels deep");
      ++at;
    }
  }
  return std::nullopt;
}

void normalise(std::string& text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  std::size_t to = 0;
  for (std::size_t from = 0; from < text.size(); ++from) {
    if (text[from] == '\r' && from + 1 < text.size() && text[from + 1] == '\n') continue;
    text[to++] = text[from];
  }
  text.resize(to);
}

} // namespace tripool
