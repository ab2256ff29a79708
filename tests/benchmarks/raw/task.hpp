// What a raw caller asks and how its answer is checked: the same work as the command `bench`. Used by the raw peer.
// Knows libpq's results, and no connection.
#pragma once

#include "tripool/core/util/random.hpp"

#include <libpq-fe.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tripool::raw {

/// One prepared statement of the work.
struct prepared {
  const char* name;
  const char* text;
  int parameters; ///< The last is the account, `1` before it.
};

/// A workload: its statements, sent together.
struct plan {
  std::vector<prepared> statements;
  std::int64_t accounts = 0;
};

/// One of the callers of a closed loop.
struct caller {
  explicit caller(std::uint64_t seed) : random(seed) {}
  splitmix64 random;
  std::int64_t account = 0;
  std::array<char, 24> text{}; ///< `account` as a parameter.
  bool right = true;
  std::chrono::steady_clock::time_point began{};
};

/// select1, point, update, rows1000, tx; nothing for another name.
std::optional<plan> plan_for(const std::string& workload);
/// Draws the caller's next account.
void draw(caller& who, const plan& p);
/// Whether the answer to statement `index` of the plan is right; decodes every value.
bool is_right(const plan& p, std::size_t index, const caller& who, const PGresult* r);

} // namespace tripool::raw
