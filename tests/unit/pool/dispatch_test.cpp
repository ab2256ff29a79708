// Promises of the dispatch policy.
#include "tripool/core/pool/dispatch.hpp"

#include "tests/support/catch.hpp"

#include <algorithm>
#include <vector>

using namespace tripool;

namespace {

using loads = std::vector<connection_load>;
using plan = std::vector<std::uint32_t>;
using kinds = std::vector<dispatch_kind>;
constexpr auto quick = dispatch_kind::ordinary;
constexpr auto slow = dispatch_kind::unproven;
constexpr auto deep = dispatch_kind::read;

kinds ordinary(std::size_t n) {
  return kinds(n, quick);
}

plan planned(const loads& x, std::size_t waiting, std::size_t depth = 4) {
  plan order;
  plan_dispatch(x, ordinary(waiting), {depth, depth}, order);
  return order;
}

} // namespace

TEST_CASE("dispatch: the most recently used idle connection comes first", "[pool][dispatch]") {
  const loads x{{0, false, 1}, {0, false, 3}, {0, false, 2}};
  CHECK(planned(x, 1) == plan{1});
  CHECK(planned(x, 3) == plan{1, 2, 0});
}

TEST_CASE("dispatch: an idle connection is preferred to a busy one", "[pool][dispatch]") {
  const loads x{{1, false, 9}, {0, false, 1}};
  CHECK(planned(x, 1) == plan{1});
}

TEST_CASE("dispatch: several waiting requests spread over the least loaded", "[pool][dispatch]") {
  const loads x{{3, false, 1}, {1, false, 2}, {0, false, 3}};
  CHECK(planned(x, 5) == plan{2, 2, 1, 2, 1});
}

TEST_CASE("dispatch: no connection gets more than its pipeline depth", "[pool][dispatch]") {
  const loads x{{3, false, 1}, {4, false, 2}};
  CHECK(planned(x, 9) == plan{0});
}

TEST_CASE("dispatch: nothing goes behind a slow statement", "[pool][dispatch]") {
  const loads x{{1, true, 1}, {3, false, 2}};
  CHECK(planned(x, 9) == plan{1});
  CHECK(planned({{1, true, 1}}, 1).empty());
}

TEST_CASE("dispatch: nothing waits, nothing is planned", "[pool][dispatch]") {
  CHECK(planned({{0, false, 1}}, 0).empty());
  CHECK(planned({}, 5).empty());
}

TEST_CASE("growth: wanted when all are busy or work waits that has no place", "[pool][dispatch]") {
  CHECK_FALSE(wants_growth(loads{{0, false, 1}, {3, false, 2}}, 0, 4));
  CHECK_FALSE(wants_growth(loads{{0, false, 1}, {3, false, 2}}, 5, 4));
  CHECK(wants_growth(loads{{0, false, 1}, {3, false, 2}}, 6, 4));
  CHECK(wants_growth(loads{{1, false, 1}, {3, false, 2}}, 0, 4));
  CHECK(wants_growth(loads{{1, true, 1}}, 1, 4));
  CHECK(wants_growth(loads{}, 1, 4));
  CHECK_FALSE(wants_growth(loads{}, 0, 4));
}

TEST_CASE("dispatch: nothing is put behind a request that may be slow", "[pool][dispatch]") {
  const loads x{{0, false, 2}, {0, false, 1}};
  plan order;
  plan_dispatch(x, kinds{slow, quick, quick, slow}, {4, 4}, order);
  CHECK(order == plan{0, 1, 1, 1}); // The last one closes the connection that is left.
  plan_dispatch(x, kinds{slow, slow, quick, quick}, {4, 4}, order);
  CHECK(order == plan{0, 1});
}

TEST_CASE("dispatch: as many as are to be kept busy are filled before others get any", "[pool][dispatch]") {
  const loads x{{0, false, 1}, {2, false, 2}, {0, false, 3}, {1, false, 4}};
  plan order;
  plan_dispatch(x, ordinary(3), {4, 4}, order, 2);
  CHECK(order == plan{3, 3, 1}); // The busy ones, the less loaded first.
  plan_dispatch(x, ordinary(7), {4, 4}, order, 2);
  CHECK(std::count(order.begin(), order.end(), 1) == 2);
  CHECK(std::count(order.begin(), order.end(), 3) == 3);
  CHECK(std::count(order.begin(), order.end(), 2) + std::count(order.begin(), order.end(), 0) == 2);
}

TEST_CASE("dispatch: full connections count as busy, stuck ones do not", "[pool][dispatch]") {
  plan order;
  plan_dispatch(loads{{4, false, 1}, {0, false, 2}, {0, false, 3}}, ordinary(2), {4, 4}, order, 2);
  CHECK(order == plan{2, 2});
  plan_dispatch(loads{{2, true, 1}, {1, false, 2}, {0, false, 3}}, ordinary(3), {4, 4}, order, 2);
  CHECK(order == plan{2, 2, 1});
}

TEST_CASE("dispatch: what may be slow gets an idle connection beyond those that are kept busy", "[pool][dispatch]") {
  const loads x{{3, false, 1}, {2, false, 2}, {0, false, 3}};
  plan order;
  plan_dispatch(x, kinds{quick, slow, quick}, {8, 8}, order, 2);
  CHECK(order == plan{1, 2, 1});
}

TEST_CASE("dispatch: more reads fit on a connection than others", "[pool][dispatch]") {
  plan order;
  plan_dispatch(loads{{3, false, 1}}, kinds{deep, deep, deep, deep}, {4, 6}, order);
  CHECK(order == plan{0, 0, 0});
  plan_dispatch(loads{{3, false, 1}}, kinds{quick, deep, quick, deep}, {4, 6}, order);
  CHECK(order == plan{0, 0}); // Nobody overtakes the one that has no place.
}

TEST_CASE("dispatch: those that are kept busy take reads up to their depth, others what finds no place there",
          "[pool][dispatch]") {
  const loads x{{4, false, 1}, {4, false, 2}, {0, false, 3}};
  plan order;
  plan_dispatch(x, kinds{deep, deep, quick, deep, slow, deep}, {4, 8}, order, 2);
  CHECK(order == plan{1, 0, 2, 1, 2, 0});
}

TEST_CASE("dispatch: what may be slow waits for a place that it may have", "[pool][dispatch]") {
  plan order;
  plan_dispatch(loads{{4, false, 1}, {5, false, 2}}, kinds{slow, deep}, {4, 8}, order);
  CHECK(order.empty());
}

TEST_CASE("dispatch: reads go deeper only as far as there are more than shallow ones take", "[pool][dispatch]") {
  const loads x{{6, false, 1}, {0, false, 2}};
  plan order;
  plan_dispatch(x, kinds(4, deep), {4, 100}, order);
  CHECK(order == plan(4, 1));
  plan_dispatch(loads{{4, false, 1}, {4, false, 2}}, kinds(4, deep), {4, 100}, order);
  CHECK(std::count(order.begin(), order.end(), 0) == 2);
  CHECK(order.size() == 4);
}
