// What the benchmark's callers ask, and whether what comes back is right. Tables as `pgbench -i` makes them.
// Used by the command `bench`.
#pragma once

#include "tripool/core/request/request.hpp"
#include "tripool/core/util/random.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace tripool::bench {

/// The kinds of work.
enum class workload : std::uint8_t { select1, point, update, rows1000, tx, mixed };

/// Reads a workload's name.
std::optional<workload> workload_from(const std::string& name);

/// One question and what its answer must say.
struct question {
  std::variant<statement, batch> what;
  std::int64_t expected = 0;
  workload kind = workload::select1;
};

/// Makes the next question. `accounts`: rows of pgbench_accounts.
question next_question(workload w, splitmix64& random, std::int64_t accounts, access mode);

/// Whether the answer of one statement is right; decodes every value.
bool is_right(const question& q, const result& x);
/// Whether the answer of a batch is right.
bool is_right(const question& q, const reply& x);

} // namespace tripool::bench
