// Promises of the fence: it only ever rises, and is bounded.
#include "tripool/core/routing/timeline_fence.hpp"

#include "tests/support/catch.hpp"

using namespace tripool;

TEST_CASE("timelines: the highest counts, each cluster for itself", "[routing][fence]") {
  timeline_fence f;
  CHECK(f.highest(1) == 0);
  f.observe(1, 3);
  f.observe(1, 2);
  f.observe(2, 1);
  CHECK(f.highest(1) == 3);
  CHECK(f.highest(2) == 1);
}

TEST_CASE("timelines: the memory is bounded, and what is in it stays", "[routing][fence]") {
  timeline_fence f;
  for (std::uint64_t i = 0; i < 1000; ++i) f.observe(i, 1);
  f.observe(0, 5);
  CHECK(f.highest(0) == 5);
  CHECK(f.highest(timeline_fence::clusters_max) == 0);
}
