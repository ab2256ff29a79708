// A load whose every request is accounted for: closed-loop callers of reads, writes and transactions with keys that are
// used once, a book of all answers, and the comparison of the book with the table that the writes went to.
// Knows nothing of what is done to the service meanwhile. Used by tests/integration and tests/chaos.
#pragma once

#include "service/cluster/private_cluster.hpp"
#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/time.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace tripool::test {

/// What a caller asks for: `write` inserts its key once, `batch` twice in one transaction (parts 0 and 1), `read` looks
/// a key up, `row` reads all of its columns. `slow` is a write that takes some 20 ms in the server, so that there is
/// always something on the wire.
enum class task : std::uint8_t { read, write, slow, batch, row };

/// One request and its answer.
struct entry {
  task what = task::read;
  std::int64_t key = 0;
  time_point sent{};
  time_point answered{};
  outcome kind = outcome::done;
  failure why; ///< Unless done.

  bool writes() const noexcept { return what != task::read && what != task::row; }
};

struct workload_options {
  std::size_t callers = 32;
  std::chrono::milliseconds deadline{2500};
  std::chrono::milliseconds pause{1}; ///< Of a caller, between an answer and its next request.
  std::int64_t key_base = 0;          ///< Its keys are above it: rows below are nobody's.
  std::vector<task> mix{task::read, task::write, task::read, task::batch, task::write, task::slow};
};

/// The account of a whole run.
struct verdict {
  std::array<std::size_t, 4> by_outcome{}; ///< Indexed by `outcome`.
  std::size_t unanswered = 0;
  std::size_t late = 0; ///< More than 0.5 s after their deadline.
  std::size_t lost = 0;
  std::size_t duplicate = 0;
  std::size_t phantom = 0;
  std::size_t torn = 0;
  /// Answered as what it was not: a sound statement `rejected` for another reason than its deadline or the lack of a
  /// deadlock-free order, or a row that nobody asked for.
  std::size_t misreported = 0;
  duration worst_lateness{0};
  duration longest_gap{0};                     ///< Without an acknowledged write, while writes were sent.
  std::vector<std::string> examples;           ///< Of what was wrong, and of failures by their cause.
  std::map<std::string, std::size_t> failures; ///< By outcome, cause and SQLSTATE.

  std::size_t of(outcome x) const { return by_outcome[static_cast<std::size_t>(x)]; }
  std::size_t total() const { return by_outcome[0] + by_outcome[1] + by_outcome[2] + by_outcome[3]; }
};

std::string to_string(const verdict& x);

/// Runs from its construction until `finish`. Its table must exist: `workload::table` is the statement that makes it.
class workload {
public:
  static constexpr const char* table =
    "create table ledger (k bigint not null, part int not null); create index on ledger (k)";

  workload(caf::actor_system& sys, caf::actor delegate, workload_options o = {});
  ~workload();
  workload(const workload&) = delete;
  workload& operator=(const workload&) = delete;

  /// Waits until `n` requests that were sent after `since` and that `which` accepts have been done. Returns how long
  /// after `since` the first of them was answered, or nothing when that takes longer than `limit`.
  std::optional<duration> wait_until_done(time_point since, std::size_t n, std::chrono::milliseconds limit,
                                          const std::function<bool(const entry&)>& which = nullptr) const;
  /// Lets the callers end and waits for their last answers. Returns how many requests stayed without one.
  std::size_t finish();
  /// A copy of the book.
  std::vector<entry> book() const;

private:
  struct shared;
  std::shared_ptr<shared> shared_;
  std::vector<caf::actor> callers_;
  workload_options options_;
  std::size_t unanswered_ = 0;
};

/// How often each part of a key is in the table.
using rows_by_key = std::map<std::int64_t, std::array<std::size_t, 2>>;

/// Reads the table in the database of a member.
cluster::result<rows_by_key> read_ledger(cluster::private_cluster& home, std::size_t member,
                                         const std::string& database);

/// Ends the load and compares its book with the rows of a table. `counts` tells which acknowledged rows must be there;
/// by default all.
verdict judge(workload& load, const rows_by_key& rows, const workload_options& o = {},
              const std::function<bool(const entry&)>& counts = nullptr);

} // namespace tripool::test
