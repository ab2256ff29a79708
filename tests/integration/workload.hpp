// The accounted load for tests: its judgement of a member's table, and what fails a test.
// Knows nothing of what is done to the service meanwhile. Used by the instance_*_test.cpp beside it.
#pragma once

#include "tests/load/workload.hpp"
#include "tests/support/test_cluster.hpp"

#include <cstddef>
#include <functional>
#include <string>

namespace tripool::test {

/// Compares the book with the table in the database of a member, as `judge` does with its rows.
inline verdict judge(workload& load, cluster::private_cluster& home, std::size_t member, const std::string& database,
                     const workload_options& o = {}, const std::function<bool(const entry&)>& counts = nullptr) {
  load.finish();
  return judge(load, must(read_ledger(home, member, database)), o, counts);
}

/// Fails the test unless all is as promised: nothing lost, duplicate, phantom, torn, unanswered or late.
inline void require_honest(const verdict& x) {
  INFO(to_string(x));
  CHECK(x.unanswered == 0);
  CHECK(x.late == 0);
  CHECK(x.lost == 0);
  CHECK(x.duplicate == 0);
  CHECK(x.phantom == 0);
  CHECK(x.torn == 0);
  REQUIRE(x.of(outcome::done) > 0);
}

} // namespace tripool::test
