// Promises of the ring: it is a queue with two ends, and lets go of what leaves it.
#include "tripool/core/util/random.hpp"
#include "tripool/core/util/ring.hpp"

#include "tests/support/catch.hpp"

#include <deque>
#include <memory>

using namespace tripool;

TEST_CASE("ring: agrees with a deque under random use at both ends", "[util][ring]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    splitmix64 random{seed};
    ring<std::uint64_t> x;
    std::deque<std::uint64_t> model;
    for (std::uint64_t n = 1; n <= 1000; ++n) {
      const auto what = random_up_to(random.next(), 6);
      if (what < 2) {
        x.push_back(n);
        model.push_back(n);
      } else if (what < 4) {
        x.push_front(n);
        model.push_front(n);
      } else if (!model.empty() && what == 4) {
        REQUIRE(x.pop_front() == model.front());
        model.pop_front();
      } else if (!model.empty() && what == 5) {
        REQUIRE(x.pop_back() == model.back());
        model.pop_back();
      }
      REQUIRE(x.size() == model.size());
      REQUIRE(x.empty() == model.empty());
      if (model.empty()) continue;
      REQUIRE(x.front() == model.front());
      REQUIRE(x.back() == model.back());
      const auto i = static_cast<std::size_t>(random_up_to(random.next(), model.size() - 1));
      REQUIRE(x[i] == model[i]);
    }
  }
}

TEST_CASE("ring: what has left it is held no longer", "[util][ring]") {
  ring<std::shared_ptr<int>> x;
  const auto held = std::make_shared<int>(1);
  for (int i = 0; i < 20; ++i) x.push_back(held);
  for (int i = 0; i < 5; ++i) {
    x.pop_front();
    x.pop_back();
  }
  CHECK(held.use_count() == 11);
}
