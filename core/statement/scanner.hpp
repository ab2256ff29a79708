// Splits a SQL text into tokens exactly as PostgreSQL does where it matters: literals, dollar quotes, quoted names,
// comments and parameters are told apart from what lies outside them. Allocates nothing.
// Supposes standard_conforming_strings = on, the default since 9.1. Knows nothing of what the tokens mean.
// Used by analyse().
#pragma once

#include "tripool/core/statement/keyword.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tripool {

/// What a token is.
enum class token_kind : std::uint8_t {
  end,         ///< Nothing is left.
  word,        ///< A keyword or an unquoted name.
  name,        ///< A quoted name: "..." or U&"..." (its prefix comes as a word and a symbol before it).
  literal,     ///< '...', E'...' or $tag$...$tag$, with continuation lines where they change its end.
  number,      ///< A numeric constant.
  parameter,   ///< $1, $2, ...
  open,        ///< (
  close,       ///< )
  semicolon,   ///< ;
  comma,       ///< ,
  dot,         ///< A full stop.
  symbol,      ///< Any other single byte.
  unterminated ///< A literal, quoted name or comment that the text does not end; the last token before `end`.
};

/// One token. Offsets are bytes from the start of the text.
struct token {
  token_kind kind = token_kind::end;
  keyword word = keyword::none;
  std::uint32_t number = 0; ///< Of a parameter; at most `scanner::parameter_cap`.
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Walks over a text that must outlive it.
class scanner {
public:
  /// Parameter numbers above it are given as this number.
  static constexpr std::uint32_t parameter_cap = 1'000'000'000;

  explicit scanner(std::string_view text) noexcept : text_(text) {}

  /// The next token; `end` when nothing is left, and ever after.
  token next() noexcept;

private:
  token single(token_kind kind) noexcept;
  token name() noexcept;
  token number() noexcept;
  token dollar() noexcept;
  token opaque(bool (scanner::*skip)() noexcept) noexcept;
  bool skip_block_comment() noexcept;
  void skip_line_comment() noexcept;
  bool skip_literal() noexcept { return skip_quoted('\''); }
  bool skip_quoted_name() noexcept { return skip_quoted('"'); }
  bool skip_quoted(char quote) noexcept;
  bool skip_escape_string() noexcept;
  bool continues_after_newline() noexcept;
  void skip_number() noexcept;
  char at(std::size_t i) const noexcept { return i < text_.size() ? text_[i] : '\0'; }

  std::string_view text_;
  std::size_t at_ = 0;
};

} // namespace tripool
