// Durations in classes: counts, percentiles, and the last minute.
#include "tests/support/catch.hpp"

#include "tripool/core/metrics/histogram.hpp"
#include "tripool/core/metrics/pool_meter.hpp"

#include <algorithm>

using namespace tripool;
using namespace std::chrono_literals;

TEST_CASE("the classes ascend from a microsecond to a hundred seconds, with 1, 2.5 and 5 of each decade among them") {
  const auto& b = histogram::bounds();
  CHECK(b.front() == 1us);
  CHECK(b.back() == 100s);
  CHECK(std::is_sorted(b.begin(), b.end()));
  CHECK(std::adjacent_find(b.begin(), b.end()) == b.end());
  for (const duration x :
       {duration{100us}, duration{250us}, duration{500us}, duration{1ms}, duration{25ms}, duration{5s}})
    CHECK(std::binary_search(b.begin(), b.end(), x));
}

TEST_CASE("an empty histogram has no percentile") {
  const histogram h;
  CHECK(h.quantile(0.5) == 0ns);
  CHECK(h.mean() == 0ns);
  CHECK(h.up_to(80) == 0);
}

TEST_CASE("a percentile is right to a tenth or so") {
  histogram h;
  for (int i = 1; i <= 10'000; ++i) h.add(duration{1us} * i); // 1 us to 10 ms, evenly.
  CHECK(h.count() == 10'000);
  CHECK(h.longest() == 10ms);
  for (const double q : {0.1, 0.5, 0.9, 0.99}) {
    const auto wanted = q * 10e6;
    const auto found = static_cast<double>(h.quantile(q).count());
    CHECK(found > wanted * 0.9);
    CHECK(found < wanted * 1.1);
  }
  CHECK(h.quantile(1.0) == 10ms);
  CHECK(h.quantile(7.0) == 10ms);
}

TEST_CASE("what is outside of the classes is counted all the same") {
  histogram h;
  h.add(-5ns);
  h.add(0ns);
  h.add(10min);
  CHECK(h.count() == 3);
  CHECK(h.up_to(0) == 2);
  CHECK(h.up_to(histogram::bounds_count - 1) == 2);
  CHECK(h.up_to(histogram::bounds_count) == 3);
  CHECK(h.quantile(1.0) == 10min);
}

TEST_CASE("a duration on a bound counts as no longer than it") {
  histogram h;
  h.add(1ms);
  const auto& b = histogram::bounds();
  const auto i = static_cast<std::size_t>(std::find(b.begin(), b.end(), duration{1ms}) - b.begin());
  CHECK(h.up_to(i) == 1);
  CHECK(h.up_to(i - 1) == 0);
}

TEST_CASE("what came since an earlier state is a histogram of its own") {
  histogram h;
  h.add(1ms);
  const auto before = h;
  h.add(10ms);
  h.add(10ms);
  const auto fresh = h.since(before);
  CHECK(fresh.count() == 2);
  CHECK(fresh.sum() == 20ms);
  CHECK(fresh.quantile(0.5) > 7ms);
  CHECK(before.since(h).count() == 0);
}

TEST_CASE("the recent histogram forgets what is older than a minute, and keeps the last half minute") {
  recent_histogram h;
  time_point t{1h};
  h.add(1ms, t);
  h.add(2ms, t + 29s);
  CHECK(h.at(t + 29s).count() == 2);
  h.add(3ms, t + 31s);
  CHECK(h.at(t + 31s).count() == 3);
  h.add(4ms, t + 62s);
  CHECK(h.at(t + 62s).count() == 2);
  CHECK(h.at(t + 95s).count() == 1);
  CHECK(h.at(t + 10min).count() == 0);
  h.add(5ms, t + 20min);
  CHECK(h.at(t + 20min).count() == 1);
}

TEST_CASE("the meter counts outcomes, waits and services apart") {
  pool_meter m;
  const time_point t{1h};
  m.waited(3ms, t);
  m.answered(outcome::done, 1ms, t);
  m.answered(outcome::in_doubt, 2s, t);
  const auto x = m.at(t + 2min);
  CHECK(x.wait.count() == 1);
  CHECK(x.service.count() == 2);
  CHECK(x.recent_service.count() == 0);
  CHECK(x.answered[static_cast<std::size_t>(outcome::done)] == 1);
  CHECK(x.answered[static_cast<std::size_t>(outcome::in_doubt)] == 1);
}
