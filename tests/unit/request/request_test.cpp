// The debt of a request: one answer, whatever becomes of its holder.
#include "tests/support/catch.hpp"
#include "tests/support/recorder.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

const time_point start{1h};

std::pair<request_ptr, recorded> plain(tripool::access mode = tripool::access::write) {
  statement s;
  s.text = "insert 1 a";
  s.mode = mode;
  return make_recorded(std::move(s), start, start + 30s);
}

/// Keeps what it is handed over, as the monitor's rescue does.
class rescuer final : public responder {
public:
  rescuer(recorded to, std::unique_ptr<request>& rescued) : to_(std::move(to)), rescued_(rescued) {}
  void done(reply x) override {
    ++to_->answers;
    to_->done = std::move(x);
  }
  void failed(failure x) override {
    ++to_->answers;
    to_->failed = std::move(x);
  }
  void abandoned(request&& x) override { rescued_ = std::make_unique<request>(std::move(x)); }

private:
  recorded to_;
  std::unique_ptr<request>& rescued_;
};

} // namespace

TEST_CASE("a request is answered once", "[request]") {
  auto [r, a] = plain();
  r->complete({});
  CHECK(r->answered());
  r.reset();
  CHECK(a->answers == 1);
  CHECK(a->is_done());
}

TEST_CASE("a request takes its results over, and leaves a single one's vector its memory", "[request]") {
  std::vector<result> results;
  results.reserve(4);
  for (const std::size_t count : {1u, 1u, 2u}) {
    auto [r, a] = plain();
    results.resize(count);
    r->complete(results);
    REQUIRE(a->is_done());
    CHECK(a->done->results.size() == count);
    if (count == 1) CHECK(results.capacity() == 4);
  }
}

TEST_CASE("a failure is completed with attempts and time spent", "[request]") {
  auto [r, a] = plain();
  r->attempts = 2;
  failure f;
  f.kind = outcome::rejected;
  r->fail(std::move(f), start + 5s);
  CHECK(a->failed->attempts == 2);
  CHECK(a->failed->spent == 5s);
  r.reset();
  CHECK(a->answers == 1);
}

TEST_CASE("a request that is dropped before it was sent was not executed", "[request]") {
  auto [r, a] = plain();
  r.reset();
  CHECK(a->answers == 1);
  CHECK(a->is(outcome::not_executed));
  CHECK(a->failed->why == cause::actor_down);
}

TEST_CASE("a request that is dropped after it was sent is in doubt", "[request]") {
  auto [r, a] = plain();
  r->progress = stage::sent;
  r.reset();
  CHECK(a->answers == 1);
  CHECK(a->is(outcome::in_doubt));
}

TEST_CASE("a request that moves takes its debt along", "[request]") {
  auto [r, a] = plain();
  {
    request moved{std::move(*r)};
    r.reset();
    CHECK(a->answers == 0);
    CHECK(moved.statements().size() == 1);
  }
  CHECK(a->answers == 1);
}

TEST_CASE("an abandoned request can be rescued whole, and answered later", "[request]") {
  auto a = std::make_shared<recorded_answer>();
  std::unique_ptr<request> rescued;
  statement s;
  s.text = "insert 1 a";
  auto r = std::make_shared<request>(std::move(s), std::make_unique<rescuer>(a, rescued), start, start + 1s);
  r.reset();
  REQUIRE(rescued);
  CHECK(a->answers == 0);
  CHECK(rescued->statements()[0].text == "insert 1 a");
  rescued->complete({});
  CHECK(a->is_done());
  rescued.reset();
  CHECK(a->answers == 1);
}

TEST_CASE("a released debt can be owed again", "[request]") {
  auto [r, a] = plain();
  auto to = r->release();
  CHECK(r->answered());
  r->owe(std::move(to));
  CHECK(!r->answered());
  r.reset();
  CHECK(a->answers == 1);
}

TEST_CASE("reads and declared writes are repeatable, others are not", "[request]") {
  CHECK(plain(tripool::access::read).first->repeatable());
  CHECK(!plain().first->repeatable());
  statement s;
  s.repeatable = true;
  CHECK(make_recorded(std::move(s), start, start).first->repeatable());
  batch b;
  b.mode = tripool::access::read;
  CHECK(make_recorded(std::move(b), start, start).first->repeatable());
}

TEST_CASE("a batch ignores what its single statements say of access and pool", "[request]") {
  batch b;
  b.pool = "backup";
  statement s;
  s.mode = tripool::access::read;
  s.pool = "failover";
  b.statements.assign(3, s);
  auto [r, a] = make_recorded(std::move(b), start, start + 1s);
  CHECK(r->is_batch());
  CHECK(r->mode() == access::write);
  CHECK(r->wanted_pool() == "backup");
  CHECK(r->statements().size() == 3);
}

TEST_CASE("a write whose answer was lost once stays in doubt, whatever a later attempt ends as", "[request]") {
  const auto later = GENERATE(outcome::not_executed, outcome::rejected);
  auto [r, a] = plain();
  r->doubted = true;
  failure f;
  f.kind = later;
  f.why = cause::deadline;
  r->fail(std::move(f), start + 1s);
  CHECK(a->is(outcome::in_doubt));
}

TEST_CASE("a read has nothing to doubt", "[request]") {
  auto [r, a] = plain(tripool::access::read);
  r->doubted = true;
  failure f;
  f.kind = outcome::not_executed;
  r->fail(std::move(f), start + 1s);
  CHECK(a->is(outcome::not_executed));
}

TEST_CASE("a doubted write that is dropped while it waits again is in doubt", "[request]") {
  auto [r, a] = plain();
  r->doubted = true;
  r->progress = stage::queued;
  r.reset();
  CHECK(a->is(outcome::in_doubt));
}
