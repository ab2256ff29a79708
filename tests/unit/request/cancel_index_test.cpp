// Who may cancel what, within a bound.
#include "tripool/core/request/cancel_index.hpp"

#include "tests/support/catch.hpp"

using namespace tripool;

namespace {

using index = cancel_index<int>;
using noted = index::noted;

std::shared_ptr<cancel_ticket> ticket() {
  return std::make_shared<cancel_ticket>();
}

} // namespace

TEST_CASE("a request is found by its own caller and key only", "[cancel]") {
  index x{10};
  const auto a = ticket(), b = ticket();
  CHECK(x.add(1, 7, false, a) == noted::yes);
  CHECK(x.add(2, 7, false, b) == noted::yes);
  CHECK(x.find(1, 7) == a);
  CHECK(x.find(2, 7) == b);
  CHECK(x.find(1, 8) == nullptr);
  CHECK(x.find(3, 7) == nullptr);
}

TEST_CASE("a key is free again when its request has been answered", "[cancel]") {
  index x{10};
  auto a = ticket();
  REQUIRE(x.add(1, 7, false, a) == noted::yes);
  CHECK(x.add(1, 7, false, ticket()) == noted::key_in_use);
  CHECK(x.find(1, 7) == a);
  a.reset(); // The request holds its ticket until it is answered.
  CHECK(x.find(1, 7) == nullptr);
  const auto b = ticket();
  CHECK(x.add(1, 7, false, b) == noted::yes);
  CHECK(x.find(1, 7) == b);
  CHECK(x.size() == 1);
}

TEST_CASE("no more requests are noted than the bound allows", "[cancel]") {
  index x{3};
  std::vector<std::shared_ptr<cancel_ticket>> held;
  for (std::uint64_t key = 1; key <= 3; ++key) {
    held.push_back(ticket());
    CHECK(x.add(1, key, false, held.back()) == noted::yes);
  }
  CHECK(x.add(1, 4, false, ticket()) == noted::full);
  CHECK(x.add(2, 1, true, ticket()) == noted::full);
  held.erase(held.begin());
  const auto next = ticket();
  CHECK(x.add(1, 4, false, next) == noted::yes);
  CHECK(x.find(1, 4) == next);
}

TEST_CASE("answered requests do not pile up", "[cancel]") {
  index x{1'000'000};
  for (std::uint64_t key = 1; key <= 100'000; ++key) {
    const auto answered_at_once = ticket();
    REQUIRE(x.add(1, key, false, answered_at_once) == noted::yes);
  }
  CHECK(x.size() <= 64);
}

TEST_CASE("with its caller end those requests that are to, and no others", "[cancel]") {
  index x{10};
  const auto a = ticket(), b = ticket(), c = ticket(), d = ticket();
  CHECK(x.add(1, 7, true, a) == noted::yes_watch_caller);
  CHECK(x.add(1, 8, false, b) == noted::yes);
  CHECK(x.add(1, 0, true, c) == noted::yes); // Watched already.
  CHECK(x.add(2, 0, true, d) == noted::yes_watch_caller);
  auto ended = x.caller_ended(1);
  REQUIRE(ended.size() == 2);
  CHECK(std::count(ended.begin(), ended.end(), a) == 1);
  CHECK(std::count(ended.begin(), ended.end(), c) == 1);
  CHECK(x.size() == 1);
  CHECK(x.find(1, 8) == nullptr);
  CHECK(x.caller_ended(1).empty());
}

TEST_CASE("a caller is to be watched once, however many of its requests come and go", "[cancel]") {
  index x{1000};
  REQUIRE(x.add(1, 0, true, ticket()) == noted::yes_watch_caller);
  for (std::uint64_t key = 1; key <= 200; ++key) x.add(2, key, false, ticket());
  CHECK(x.add(1, 0, true, ticket()) == noted::yes);
  x.caller_ended(1);
  CHECK(x.add(1, 0, true, ticket()) == noted::yes_watch_caller);
}
