// The allocation budget of a query: how often Tripool asks for memory between a caller's message and its answer, the
// caller's own statement and its message included, libpq's own excluded. Counts do not depend on the machine's speed.
#include "tests/performance/allocation_count.hpp"
#include "tests/performance/hot_path.hpp"

#include "tests/support/catch.hpp"

#include <string>

namespace tripool::performance {

namespace {

/// What may be allocated for one query. Lower them when the count falls; raise one only for a reason, and say it in the
/// commit and in docs/performance.md.
struct budget {
  double calls;
  double bytes;
};

constexpr budget read_budget{7.7, 1550};
constexpr budget write_budget{7.9, 1750};

struct cost {
  double calls = 0;
  double bytes = 0;
};

/// After a warm-up, in which queues and caches reach their size.
cost cost_of_a_query(access mode) {
  constexpr std::uint64_t queries = 20'000;
  hot_path_options o;
  o.mode = mode;
  hot_path path{o};
  REQUIRE(path.ready());
  REQUIRE(path.run(5'000) == 5'000);
  const auto before = allocations();
  REQUIRE(path.run(queries) == queries);
  const auto spent = allocations() - before;
  return {static_cast<double>(spent.calls) / queries, static_cast<double>(spent.bytes) / queries};
}

void check_budget(access mode, budget allowed) {
  const auto x = cost_of_a_query(mode);
  WARN((mode == access::read ? "a read: " : "a write: ") << x.calls << " allocations, " << x.bytes << " bytes");
  CHECK(x.calls <= allowed.calls);
  CHECK(x.bytes <= allowed.bytes);
  // A budget far above the truth would hold nothing.
  CHECK(x.calls > allowed.calls * 0.85);
}

} // namespace

TEST_CASE("a read keeps to its budget of allocations", "[performance]") {
  check_budget(access::read, read_budget);
}

TEST_CASE("a write keeps to its budget of allocations", "[performance]") {
  check_budget(access::write, write_budget);
}

TEST_CASE("what is allocated is counted", "[performance]") {
  const auto before = allocations();
  const std::string kept(1000, 'x');
  const auto spent = allocations() - before;
  CHECK(spent.calls == 1);
  CHECK(spent.bytes >= kept.size());
}

} // namespace tripool::performance
