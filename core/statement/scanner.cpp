// The rules are those of PostgreSQL's lexer (src/backend/parser/scan.l), reduced to where a token ends.
#include "tripool/core/statement/scanner.hpp"

#include <algorithm>
#include <array>

namespace tripool {

namespace {

/// What begins with a byte.
enum class start : std::uint8_t {
  symbol,
  blank,
  name,
  digit,
  quote,
  name_quote,
  dollar,
  dash,
  slash,
  open,
  close,
  semicolon,
  comma,
  dot
};

constexpr bool is_letter(unsigned c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

constexpr auto starts = [] {
  std::array<start, 256> out{};
  for (const char c : {' ', '\t', '\n', '\r', '\f', '\v'}) out[static_cast<unsigned char>(c)] = start::blank;
  for (unsigned c = 0; c < 256; ++c) {
    if (is_letter(c)) out[c] = start::name;
    if (c >= '0' && c <= '9') out[c] = start::digit;
  }
  out['\''] = start::quote;
  out['"'] = start::name_quote;
  out['$'] = start::dollar;
  out['-'] = start::dash;
  out['/'] = start::slash;
  out['('] = start::open;
  out[')'] = start::close;
  out[';'] = start::semicolon;
  out[','] = start::comma;
  out['.'] = start::dot;
  return out;
}();

start start_of(char c) noexcept {
  return starts[static_cast<unsigned char>(c)];
}

bool is_blank(char c) noexcept {
  return start_of(c) == start::blank;
}

bool is_digit(char c) noexcept {
  return start_of(c) == start::digit;
}

bool is_name_start(char c) noexcept {
  return start_of(c) == start::name;
}

/// Inside a name also digits and the dollar sign.
bool is_name_part(char c) noexcept {
  const start x = start_of(c);
  return x == start::name || x == start::digit || x == start::dollar;
}

bool is_line_end(char c) noexcept {
  return c == '\n' || c == '\r';
}

} // namespace

token scanner::next() noexcept {
  for (; at_ < text_.size(); ++at_) {
    switch (start_of(text_[at_])) {
      case start::blank: continue;
      case start::name:
        if ((text_[at_] == 'e' || text_[at_] == 'E') && at(at_ + 1) == '\'')
          return opaque(&scanner::skip_escape_string);
        return name();
      case start::digit: return number();
      case start::quote: return opaque(&scanner::skip_literal);
      case start::name_quote: {
        token out = opaque(&scanner::skip_quoted_name);
        if (out.kind == token_kind::literal) out.kind = token_kind::name;
        return out;
      }
      case start::dollar: return dollar();
      case start::dash:
        if (at(at_ + 1) != '-') return single(token_kind::symbol);
        skip_line_comment();
        --at_; // The line end, if there is one, is the next blank.
        continue;
      case start::slash: {
        if (at(at_ + 1) != '*') return single(token_kind::symbol);
        const std::size_t begin = at_;
        if (!skip_block_comment()) return {token_kind::unterminated, keyword::none, 0, begin, at_};
        --at_;
        continue;
      }
      case start::open: return single(token_kind::open);
      case start::close: return single(token_kind::close);
      case start::semicolon: return single(token_kind::semicolon);
      case start::comma: return single(token_kind::comma);
      case start::dot: return is_digit(at(at_ + 1)) ? number() : single(token_kind::dot);
      case start::symbol: return single(token_kind::symbol);
    }
  }
  return {token_kind::end, keyword::none, 0, at_, at_};
}

token scanner::single(token_kind kind) noexcept {
  ++at_;
  return {kind, keyword::none, 0, at_ - 1, at_};
}

token scanner::name() noexcept {
  const std::size_t begin = at_;
  while (at_ < text_.size() && is_name_part(text_[at_])) ++at_;
  return {token_kind::word, find_keyword(text_.substr(begin, at_ - begin)), 0, begin, at_};
}

token scanner::number() noexcept {
  const std::size_t begin = at_;
  skip_number();
  return {token_kind::number, keyword::none, 0, begin, at_};
}

/// A literal or a quoted name, whose end `skip` finds.
token scanner::opaque(bool (scanner::*skip)() noexcept) noexcept {
  const std::size_t begin = at_;
  const token_kind kind = (this->*skip)() ? token_kind::literal : token_kind::unterminated;
  return {kind, keyword::none, 0, begin, at_};
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
    if (is_blank(c)) {
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
token scanner::dollar() noexcept {
  token out;
  out.begin = at_;
  std::size_t i = at_ + 1;
  if (is_digit(at(i))) {
    out.kind = token_kind::parameter;
    std::uint64_t number = 0;
    for (; is_digit(at(i)); ++i)
      number = std::min<std::uint64_t>(number * 10 + static_cast<std::uint64_t>(text_[i] - '0'), parameter_cap);
    out.number = static_cast<std::uint32_t>(number);
    out.end = at_ = i;
    return out;
  }
  if (is_name_start(at(i))) {
    while (at(i) != '$' && is_name_part(at(i))) ++i;
  }
  if (at(i) != '$') return single(token_kind::symbol);
  const auto tag = text_.substr(at_, i + 1 - at_);
  const auto found = text_.find(tag, i + 1);
  const bool complete = found != std::string_view::npos;
  out.kind = complete ? token_kind::literal : token_kind::unterminated;
  out.end = at_ = complete ? found + tag.size() : text_.size();
  return out;
}

/// Digits, a point, an exponent. What follows directly, as in 1FROM, begins a word, as it did before PostgreSQL 15.
void scanner::skip_number() noexcept {
  while (is_digit(at(at_)) || at(at_) == '.') ++at_;
  if (at(at_) != 'e' && at(at_) != 'E') return;
  const bool sign = at(at_ + 1) == '+' || at(at_ + 1) == '-';
  std::size_t i = at_ + (sign ? 2 : 1);
  if (!is_digit(at(i))) return;
  while (is_digit(at(i))) ++i;
  at_ = i;
}

} // namespace tripool
