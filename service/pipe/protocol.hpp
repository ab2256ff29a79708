// The protocol of `tripool pipe`: one JSON object a line in, one a line out. Pure: lines and values, no streams, no
// actors. What a statement may contain is checked by core/statement; here only what the protocol itself says.
//
//   {"id": 7, "kind": "read"|"write", "sql": "... $1", "params": [...], "deadline_ms": 2000}
//   {"id": 8, "kind": "tx", "tx": [{"sql": "...", "params": [...]}, ...], "deadline_ms": 2000}
//
// Optional: "params", "deadline_ms", "pool" (the only pool that may serve it), "repeatable" (repeating a write is
// harmless), "priority", for writes "token", "resolve" and "report_position", for reads "at_least"; see docs/pipe.md.
// Another key is an error: a typing mistake that changes the meaning. Used by the command `pipe`.
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/request/request.hpp"
#include "tripool/core/statement/statement.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace tripool::pipe {

/// The longest line that is read, in bytes.
inline constexpr std::size_t line_bytes_max = std::size_t{64} << 20;

/// The longest deadline that a line may ask for, in milliseconds: one day.
inline constexpr std::int64_t deadline_ms_max = 86'400'000;

/// What one line asks for.
struct request_line {
  std::string id; ///< JSON text of the id, for its answer.
  std::variant<statement, batch> what;
};

/// Reads one line (without its line end). Returns what it asks for, or the answer that it gets at once (without a line
/// end): an error that names the line's number and the problem, with the line's id where it has one.
std::variant<request_line, std::string> parse_line(std::string_view line, std::uint64_t line_number);

/// Returns the answer for a line that was longer than `line_bytes_max`.
std::string render_too_long(std::uint64_t line_number);

/// Returns the answer of a request that was done, in one line without its end: "rows" and "count" of the last
/// statement, and for a transaction also "results" with those of each. `count` is the number of rows returned, or of
/// rows affected where a statement returns none.
std::string render(const std::string& id, const reply& x, bool is_transaction);

/// Returns the answer of a request that was not done, in one line without its end.
std::string render(const std::string& id, const failure& x);

} // namespace tripool::pipe
