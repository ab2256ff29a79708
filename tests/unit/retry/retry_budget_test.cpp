// Promises of the retry budget: a part of what is answered and a floor, forgotten after ten seconds.
#include "tripool/core/retry/retry_budget.hpp"

#include "tests/support/catch.hpp"

#include <chrono>

using namespace tripool;
using namespace std::chrono_literals;

namespace {

constexpr time_point epoch{std::chrono::hours{1000}};

std::uint64_t spend_all(retry_budget& x, time_point now) {
  std::uint64_t n = 0;
  while (x.spend(now)) ++n;
  return n;
}

} // namespace

TEST_CASE("retry budget: the floor is there without any traffic", "[retry][budget]") {
  retry_budget x{{20, 7}};
  CHECK(spend_all(x, epoch) == 7);
  CHECK(x.refusals() == 1);
  CHECK_FALSE(x.spend(epoch + 8s));
  CHECK(x.spend(epoch + 10s));
}

TEST_CASE("retry budget: other limits count what was spent before", "[retry][budget]") {
  retry_budget x{{20, 7}};
  CHECK(spend_all(x, epoch) == 7);
  x.reconfigure({20, 9});
  CHECK(spend_all(x, epoch + 1s) == 2);
}

TEST_CASE("retry budget: a fifth of what the server answers may be sent again", "[retry][budget]") {
  retry_budget x{{20, 10}};
  x.served(1000, epoch);
  CHECK(x.allowed(epoch) == 210);
  CHECK(spend_all(x, epoch + 1s) == 210);
  CHECK(x.spent(epoch + 1s) == 210);
  x.served(50, epoch + 2s);
  CHECK(spend_all(x, epoch + 2s) == 10);
}

TEST_CASE("retry budget: what was answered long ago counts no more", "[retry][budget]") {
  retry_budget x{{20, 0}};
  x.served(1000, epoch);
  CHECK(x.allowed(epoch + 9s) == 200);
  CHECK(x.allowed(epoch + 10s) == 0);
  CHECK_FALSE(x.spend(epoch + 60s));
  x.served(5, epoch + 61s);
  CHECK(spend_all(x, epoch + 61s) == 1);
}

TEST_CASE("retry budget: its refusal names the pool, the limits and their keys", "[retry][budget]") {
  const retry_budget x{{20, 100}};
  CHECK(x.refusal("primary")
        == "not sent again: in 10 s pool primary has used up its retries, which are 20 % of its requests "
           "(retry-percent) and 100 more (retry-floor)");
}
