// The words of a COPY that stand outside of parentheses: ... FROM STDIN, ... TO STDOUT.
#include "tripool/core/copy/copy_text.hpp"

#include "tripool/core/statement/check.hpp"
#include "tripool/core/statement/scanner.hpp"
#include "tripool/core/util/utf8.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace tripool {

namespace {

unexpected<failure> refuse(std::string_view sqlstate, std::string message, std::string hint) {
  failure out;
  out.kind = outcome::rejected;
  out.why = cause::invalid_request;
  out.sqlstate = sqlstate;
  out.message = std::move(message);
  out.hint = std::move(hint);
  return unexpected{std::move(out)};
}

bool same(std::string_view word, std::string_view lower_case) noexcept {
  return std::equal(word.begin(), word.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; });
}

/// The direction that the words say, or nothing when the data goes to neither STDIN nor STDOUT.
std::optional<copy_direction> direction_of(std::string_view text) noexcept {
  scanner tokens{text};
  int depth = 0;
  std::optional<copy_direction> out;
  for (token t = tokens.next(); t.kind != token_kind::end; t = tokens.next()) {
    if (t.kind == token_kind::open) ++depth;
    if (t.kind == token_kind::close) --depth;
    if (depth != 0 || t.kind == token_kind::close) continue;
    const auto word = t.kind == token_kind::word ? text.substr(t.begin, t.end - t.begin) : std::string_view{};
    if (out) return same(word, "stdin") || same(word, "stdout") ? out : std::nullopt;
    if (same(word, "from")) out = copy_direction::in;
    if (same(word, "to")) out = copy_direction::out;
  }
  return std::nullopt;
}

} // namespace

expected<copy_direction, failure> read_copy_text(std::string_view text) {
  const auto* const what_to_send = "Send one COPY ... FROM STDIN or COPY ... TO STDOUT.";
  if (text.size() > message_bytes_max)
    return refuse("54000", "the text of the COPY is longer than one message may be", "Send the data as data.");
  if (const auto fault = find_text_fault(text)) {
    return refuse("22021",
                  (fault->nul ? "the text holds a NUL byte at offset " : "the text is not valid UTF-8 at offset ")
                    + std::to_string(fault->at),
                  "Send a COPY command as UTF-8 text.");
  }
  const auto traits = analyse(text);
  if (traits.statements == 0) return refuse("42601", "the text holds no statement", what_to_send);
  if (traits.statements > 1) {
    return refuse("42601",
                  "the text holds several statements: the second begins at offset " + std::to_string(traits.second_at),
                  what_to_send);
  }
  if (traits.kind != statement_kind::copy)
    return refuse("42601", "the text is not a COPY", std::string{what_to_send} + " Other statements go as statements.");
  if (const auto direction = direction_of(text)) return *direction;
  return refuse("0A000", "the COPY moves its data from or to a file or program of the server",
                std::string{what_to_send} + " A COPY of the server's own files can be sent with psql.");
}

} // namespace tripool
