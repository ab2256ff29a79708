// Promises of the request queue: order by priority and time, an end to every wait, and no cost that grows with length.
#include "tripool/core/pool/request_queue.hpp"
#include "tripool/core/util/random.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/pool/pool_fixture.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

request_ptr queued(duration within, std::uint64_t id, time_point at = epoch, urgency priority = urgency::normal) {
  auto r = make_request(at, within, id, nullptr, "select 1", priority);
  r->queued_at = at;
  return r;
}

} // namespace

TEST_CASE("request queue: whose time is over soonest leaves first, equals in the order in which they came",
          "[pool][queue]") {
  request_queue q{10s};
  q.push_back(queued(9s, 1));
  q.push_back(queued(1s, 2));
  q.push_back(queued(5s, 3));
  q.push_back(queued(5s, 4));
  q.push_back(queued(30s, 5));
  q.push_back(queued(20s, 6)); // Both wait for ten seconds at most.
  CHECK(q.size() == 6);
  for (const std::uint64_t id : {2u, 3u, 4u, 1u, 5u, 6u}) CHECK(q.pop_front()->id() == id);
  CHECK(q.empty());
}

TEST_CASE("request queue: the more urgent leave first, the least urgent are shed first", "[pool][queue]") {
  request_queue q{10s};
  q.push_back(queued(9s, 1, epoch, urgency::normal));
  q.push_back(queued(9s, 2, epoch, urgency::low));
  q.push_back(queued(9s, 3, epoch, urgency::high));
  q.push_back(queued(8s, 4, epoch, urgency::low));
  CHECK(q.front().id() == 3);
  CHECK(q.least().id() == 4);
  std::vector<std::uint64_t> seen;
  q.visit([&](const request& r) {
    seen.push_back(r.id());
    return true;
  });
  CHECK(seen == std::vector<std::uint64_t>{3, 1, 4, 2});
  CHECK(q.displace(urgency::low) == nullptr);
  CHECK(q.displace(urgency::normal)->id() == 2);
  CHECK(q.pop_least()->id() == 4);
  CHECK(q.displace(urgency::high)->id() == 1);
  CHECK(q.displace(urgency::high) == nullptr);
  CHECK(q.pop_front()->id() == 3);
}

TEST_CASE("request queue: a request expires in its time, however urgent it is", "[pool][queue]") {
  request_queue q{10s};
  q.push_back(queued(5s, 1, epoch, urgency::low));
  q.push_back(queued(3s, 2, epoch, urgency::high));
  q.push_back(queued(4s, 3, epoch, urgency::normal));
  CHECK(q.next_expiry() == epoch + 3s);
  for (const std::uint64_t id : {2u, 3u, 1u}) CHECK(q.pop_expired(epoch + 5s)->id() == id);
  CHECK(q.pop_expired(epoch + 5s) == nullptr);
}

TEST_CASE("request queue: what is put in front leaves first among its equals", "[pool][queue]") {
  request_queue q{10s};
  q.push_back(queued(9s, 1));
  q.push_front(queued(9s, 2));
  q.push_front(queued(9s, 3));
  q.push_back(queued(9s, 4));
  CHECK(q.front().id() == 3);
  for (const std::uint64_t id : {3u, 2u, 1u, 4u}) CHECK(q.pop_front()->id() == id);
}

TEST_CASE("request queue: a request expires at its deadline wherever it stands", "[pool][queue]") {
  request_queue q{10s};
  q.push_back(queued(9s, 1));
  q.push_back(queued(1s, 2));
  q.push_back(queued(5s, 3));
  CHECK(q.next_expiry() == epoch + 1s);
  CHECK(q.pop_expired(epoch + 999ms) == nullptr);
  CHECK(q.pop_expired(epoch + 1s)->id() == 2);
  CHECK(q.pop_expired(epoch + 1s) == nullptr);
  CHECK(q.next_expiry() == epoch + 5s);
  CHECK(q.pop_front()->id() == 3);
  CHECK(q.pop_front()->id() == 1);
  CHECK_FALSE(q.next_expiry());
}

TEST_CASE("request queue: the longest wait counts from queued_at; zero leaves only the deadline", "[pool][queue]") {
  request_queue bounded{2s};
  bounded.push_back(queued(30s, 1));
  CHECK(bounded.next_expiry() == epoch + 2s);
  request_queue unbounded{0s};
  unbounded.push_back(queued(30s, 1));
  CHECK(unbounded.next_expiry() == epoch + 30s);
}

TEST_CASE("request queue: agrees with a sorted list under random use", "[pool][queue]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    splitmix64 random{seed};
    request_queue q{5s};
    std::deque<std::pair<std::uint64_t, time_point>> model; // id and expiry, sorted by expiry
    const auto by_expiry = [](const auto& x, const auto& y) { return x.second < y.second; };
    auto now = epoch;
    for (std::uint64_t id = 1; id <= 500; ++id) {
      const auto kind = random_up_to(random.next(), 9);
      if (kind < 6) {
        const duration within = std::chrono::milliseconds{1 + random_up_to(random.next(), 8000)};
        const auto expires = now + std::min<duration>(within, 5s);
        if (kind == 0) {
          q.push_front(queued(within, id, now));
          std::pair<std::uint64_t, time_point> x{id, expires};
          model.insert(std::lower_bound(model.begin(), model.end(), x, by_expiry), x);
        } else {
          q.push_back(queued(within, id, now));
          std::pair<std::uint64_t, time_point> x{id, expires};
          model.insert(std::upper_bound(model.begin(), model.end(), x, by_expiry), x);
        }
      } else if (kind < 8 && !model.empty()) {
        REQUIRE(q.pop_front()->id() == model.front().first);
        model.pop_front();
      } else {
        now += std::chrono::milliseconds{random_up_to(random.next(), 300)};
        while (auto r = q.pop_expired(now)) {
          const auto i = std::find_if(model.begin(), model.end(), [&](auto& x) { return x.first == r->id(); });
          REQUIRE(i != model.end());
          REQUIRE(i->second <= now);
          model.erase(i);
        }
        for (const auto& x : model) REQUIRE(x.second > now);
      }
      REQUIRE(q.size() == model.size());
      std::size_t n = 0;
      q.visit([&](const request& r) { return r.id() == model[n].first && ++n > 0; });
      REQUIRE(n == model.size());
    }
  }
}

TEST_CASE("request queue: those taken back leave the others in their order, however they came", "[pool][queue]") {
  splitmix64 random{7};
  request_queue q{0s};
  std::map<duration, std::uint64_t> model;
  std::vector<std::uint64_t> cancelled;
  for (std::uint64_t id = 1; id <= 300; ++id) {
    const duration within = 1s + std::chrono::nanoseconds{random.next() % 1'000'000'000};
    auto r = queued(within, id);
    r->cancellation = std::make_shared<cancel_ticket>();
    if (id % 3 == 0) r->cancellation->want();
    model.emplace(within, id);
    q.push_back(std::move(r));
  }
  std::vector<std::uint64_t> kept;
  for (const auto& [within, id] : model) (id % 3 == 0 ? cancelled : kept).push_back(id);
  std::vector<std::uint64_t> seen;
  for (const auto& r : q.take_cancelled()) seen.push_back(r->id());
  CHECK(seen == cancelled);
  CHECK(q.size() == kept.size());
  CHECK(q.displace(urgency::high)->id() == kept.back());
  kept.pop_back();
  for (const auto id : kept) REQUIRE(q.pop_front()->id() == id);
  CHECK(q.empty());
}

TEST_CASE("request queue: ten thousand waiting requests expire one by one without a scan", "[pool][queue]") {
  request_queue q{0s};
  splitmix64 random{3};
  for (std::uint64_t i = 0; i < 10'000; ++i)
    q.push_back(queued(std::chrono::microseconds{1 + random_up_to(random.next(), 10'000'000)}, i));
  time_point last = epoch;
  std::size_t n = 0;
  while (const auto due = q.next_expiry()) {
    REQUIRE(*due >= last);
    last = *due;
    while (q.pop_expired(*due)) ++n;
  }
  CHECK(n == 10'000);
}
