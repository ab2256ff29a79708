// The few words that begin and end transactions.
#include "tripool/core/lease/block_edge.hpp"

#include "tripool/core/statement/scanner.hpp"
#include "tripool/core/statement/traits.hpp"

#include <algorithm>

namespace tripool {

namespace {

bool is_word(std::string_view text, const token& t, std::string_view word) noexcept {
  const auto same = [](char x, char y) { return (x >= 'A' && x <= 'Z' ? x - 'A' + 'a' : x) == y; };
  return t.kind == token_kind::word && std::ranges::equal(text.substr(t.begin, t.end - t.begin), word, same);
}

/// ROLLBACK TO, and what says AND CHAIN.
bool goes_on(std::string_view text) noexcept {
  scanner s{text};
  bool no = false;
  for (auto t = s.next(); t.kind != token_kind::end; t = s.next()) {
    if (is_word(text, t, "to") || (is_word(text, t, "chain") && !no)) return true;
    no = is_word(text, t, "no");
  }
  return false;
}

} // namespace

block_edge edge_of_text(std::string_view text) noexcept {
  const auto traits = analyse(text);
  if (traits.kind != statement_kind::transaction_control) return block_edge::none;
  switch (traits.command) {
    case keyword::begin_:
    case keyword::start_: return block_edge::opens;
    case keyword::commit_:
    case keyword::end_:
    case keyword::abort_:
    case keyword::rollback_: return goes_on(text) ? block_edge::none : block_edge::closes;
    case keyword::prepare_: return block_edge::closes;
    default: return block_edge::none;
  }
}

block_edge edge_of(lease_task what, std::string_view text) noexcept {
  switch (what) {
    case lease_task::begin: return block_edge::opens;
    case lease_task::commit:
    case lease_task::rollback:
    case lease_task::release: return block_edge::closes;
    case lease_task::statement: return text.empty() ? block_edge::none : edge_of_text(text);
    default: return block_edge::none;
  }
}

bool rolls_back(lease_task what, std::string_view text) noexcept {
  if (what == lease_task::rollback) return true;
  if (what != lease_task::statement || edge_of(what, text) != block_edge::closes) return false;
  const auto command = analyse(text).command;
  return command == keyword::rollback_ || command == keyword::abort_;
}

} // namespace tripool
