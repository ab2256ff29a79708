// The rules are those of PostgreSQL's lexer (src/backend/parser/scan.l), reduced to where a token ends.
#include "tripool/core/statement/scanner.hpp"

#include <algorithm>
#include <array>

namespace tripool {

namespace {

constexpr std::uint8_t is_space = 1;
constexpr std::uint8_t is_name_start = 2;
constexpr std::uint8_t is_name_part = 4; // Also after the start: digits and the dollar sign.
constexpr std::uint8_t is_digit = 8;

constexpr auto classes = [] {
  std::array<std::uint8_t, 256> out{};
  for (const char c : {' ', '\t', '\n', '\r', '\f', '\v'}) out[static_cast<unsigned char>(c)] = is_space;
  for (unsigned c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
    if (letter) out[c] = is_name_start | is_name_part;
    if (c >= '0' && c <= '9') out[c] = is_digit | is_name_part;
  }
  out[static_cast<unsigned char>('$')] = is_name_part;
  return out;
}();

bool is(char c, std::uint8_t what) noexcept {
  return (classes[static_cast<unsigned char>(c)] & what) != 0;
}

bool is_line_end(char c) noexcept {
  return c == '\n' || c == '\r';
}

token_kind symbol_kind(char c) noexcept {
  switch (c) {
    case '(': return token_kind::open;
    case ')': return token_kind::close;
    case ';': return token_kind::semicolon;
    case ',': return token_kind::comma;
    case '.': return token_kind::dot;
    default: return token_kind::symbol;
  }
}

} // namespace

token scanner::next() noexcept {
  token out;
  const bool terminated = skip_space();
  out.begin = at_;
  out.end = text_.size();
  if (!terminated) {
    out.kind = token_kind::unterminated;
    return out;
  }
  if (at_ >= text_.size()) return out;
  const char c = text_[at_];
  bool complete = true;
  if (c == '\'') {
    out.kind = token_kind::literal;
    complete = skip_quoted('\'');
  } else if ((c == 'e' || c == 'E') && at(at_ + 1) == '\'') {
    out.kind = token_kind::literal;
    complete = skip_escape_string();
  } else if (is(c, is_name_start)) {
    out.kind = token_kind::word;
    while (at_ < text_.size() && is(text_[at_], is_name_part)) ++at_;
    out.word = find_keyword(text_.substr(out.begin, at_ - out.begin));
  } else if (c == '"') {
    out.kind = token_kind::name;
    complete = skip_quoted('"');
  } else if (c == '$') {
    return dollar(out);
  } else if (is(c, is_digit) || (c == '.' && is(at(at_ + 1), is_digit))) {
    out.kind = token_kind::number;
    skip_number();
  } else {
    out.kind = symbol_kind(c);
    ++at_;
  }
  if (!complete) out.kind = token_kind::unterminated;
  out.end = at_;
  return out;
}

/// Skips blanks and comments. Returns false when a comment does not end.
bool scanner::skip_space() noexcept {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (is(c, is_space)) {
      ++at_;
    } else if (c == '-' && at(at_ + 1) == '-') {
      skip_line_comment();
    } else if (c == '/' && at(at_ + 1) == '*') {
      if (!skip_block_comment()) return false;
    } else {
      return true;
    }
  }
  return true;
}

void scanner::skip_line_comment() noexcept {
  while (at_ < text_.size() && !is_line_end(text_[at_])) ++at_;
}

/// Block comments nest.
bool scanner::skip_block_comment() noexcept {
  std::size_t depth = 0;
  while (at_ < text_.size()) {
    if (text_[at_] == '/' && at(at_ + 1) == '*') {
      ++depth;
      at_ += 2;
    } else if (text_[at_] == '*' && at(at_ + 1) == '/') {
      at_ += 2;
      if (--depth == 0) return true;
    } else {
      ++at_;
    }
  }
  return false;
}

/// Skips '...' or "...", in which the doubled quote stands for itself. Precondition: at the opening quote.
bool scanner::skip_quoted(char quote) noexcept {
  ++at_;
  for (;;) {
    const auto found = text_.find(quote, at_);
    if (found == std::string_view::npos) {
      at_ = text_.size();
      return false;
    }
    at_ = found + 1;
    if (at(at_) != quote) return true;
    ++at_;
  }
}

/// Skips E'...', in which a backslash takes the next byte along. A continuation after a line end is of the same kind.
bool scanner::skip_escape_string() noexcept {
  at_ += 2;
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    if (c == '\\') {
      ++at_;
    } else if (c == '\'') {
      if (at(at_) == '\'')
        ++at_;
      else if (!continues_after_newline())
        return true;
    }
  }
  at_ = text_.size();
  return false;
}

/// Steps over blanks, at least one line end and line comments to a quote that continues a literal. Returns false, and
/// stays, when there is none. Block comments do not count as blanks here.
bool scanner::continues_after_newline() noexcept {
  const std::size_t start = at_;
  bool newline = false;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (is(c, is_space)) {
      newline = newline || is_line_end(c);
      ++at_;
    } else if (c == '-' && at(at_ + 1) == '-') {
      skip_line_comment();
    } else {
      break;
    }
  }
  if (newline && at(at_) == '\'') {
    ++at_;
    return true;
  }
  at_ = start;
  return false;
}

/// $1, $tag$...$tag$, or a dollar sign alone. A tag cannot begin with a digit and holds no dollar sign.
token scanner::dollar(token out) noexcept {
  std::size_t i = at_ + 1;
  if (is(at(i), is_digit)) {
    out.kind = token_kind::parameter;
    std::uint64_t number = 0;
    for (; is(at(i), is_digit); ++i)
      number = std::min<std::uint64_t>(number * 10 + static_cast<std::uint64_t>(text_[i] - '0'), parameter_cap);
    out.number = static_cast<std::uint32_t>(number);
    out.end = at_ = i;
    return out;
  }
  if (is(at(i), is_name_start)) {
    while (at(i) != '$' && is(at(i), is_name_part)) ++i;
  }
  if (at(i) != '$') {
    out.kind = token_kind::symbol;
    out.end = ++at_;
    return out;
  }
  const auto tag = text_.substr(at_, i + 1 - at_);
  const auto found = text_.find(tag, i + 1);
  const bool complete = found != std::string_view::npos;
  out.kind = complete ? token_kind::literal : token_kind::unterminated;
  out.end = at_ = complete ? found + tag.size() : text_.size();
  return out;
}

/// Digits, a point, an exponent. What follows directly, as in 1FROM, begins a word, as it did before PostgreSQL 15.
void scanner::skip_number() noexcept {
  while (is(at(at_), is_digit) || at(at_) == '.') ++at_;
  if (at(at_) != 'e' && at(at_) != 'E') return;
  const bool sign = at(at_ + 1) == '+' || at(at_ + 1) == '-';
  std::size_t i = at_ + (sign ? 2 : 1);
  if (!is(at(i), is_digit)) return;
  while (is(at(i), is_digit)) ++i;
  at_ = i;
}

} // namespace tripool
