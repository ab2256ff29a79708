// The check at the end: what callers were told against what the surviving primary holds. The judgement is a pure
// function; the rows come through the delegate, as any caller's would.
// Knows no pool. Used by the command `demo` and by tests.
#pragma once

#include "service/demo/ledger.hpp"
#include "service/demo/orders.hpp"

#include "tripool/actors/instance.hpp"

#include <caf/actor_system.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace tripool::demo {

/// What the comparison found. All but the first and the last three must be zero.
struct verdict {
  std::uint64_t acknowledged = 0; ///< Writes and batches that were answered as done.
  std::uint64_t lost = 0;         ///< Acknowledged, and not there.
  std::uint64_t duplicates = 0;   ///< There more than once, whatever was answered.
  std::uint64_t phantoms = 0;     ///< Answered as not executed or rejected, and there.
  std::uint64_t torn = 0;         ///< Only a part is there.
  std::uint64_t strangers = 0;    ///< There, and asked for by nobody.
  std::uint64_t unanswered = 0;
  std::uint64_t refused = 0;          ///< Answered as not executed or rejected.
  std::uint64_t doubtful_applied = 0; ///< In doubt; it took effect.
  std::uint64_t doubtful_void = 0;    ///< In doubt; it did not.
  std::vector<std::int64_t> examples; ///< Some keys that are not as they should be.

  bool holds() const noexcept { return lost + duplicates + phantoms + torn + strangers + unanswered == 0; }
};

/// Compares. Both in any order; keys that are not in `found` are not there.
verdict judge(std::span<const stored_request> asked, std::span<const found_order> found);

/// What the surviving primary holds.
struct inventory {
  std::vector<found_order> orders;
  std::int64_t sales_disagreeing = 0; ///< Articles whose sales are not the sum of their lines.
  std::uint16_t port = 0;             ///< Of the server that told.
};

/// Asks for all keys up to `last`, through the delegate, where writes go. Blocks; not on the loop's thread. Error: the
/// failure of a question, as text.
std::variant<inventory, std::string> take_inventory(caf::actor_system& sys, const instance& db, std::int64_t last);

} // namespace tripool::demo
