// The book of subscriptions under random histories: every request has one answer, and nobody misses a notification
// without having been told of a gap.
#include "tests/support/catch.hpp"

#include "tripool/core/listen/subscription_book.hpp"
#include "tripool/core/util/random.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

using namespace tripool;
using namespace std::chrono_literals;

namespace {

using names = std::vector<std::string>;
constexpr subscriber_id subscribers = 4;

/// A book, and what its subscribers believe.
class history {
public:
  explicit history(std::uint64_t seed) : random_(seed) {}

  void step() {
    const subscriber_id who = 1 + random_.next() % subscribers;
    switch (random_.next() % 8) {
      case 0:
      case 1: ask(who); break;
      case 2: end_some(who); break;
      case 3: end_all(who); break;
      case 4:
        session_ = false;
        book_.not_listening("lost", {}, 0s, now_);
        break;
      case 5: pass(duration{random_.next() % 1'000'000'000}); break;
      default: listen(); break;
    }
    take();
    check();
  }

  void settle() {
    listen();
    pass(1h);
    take();
    CHECK(book_.waiting() == 0);
    CHECK(answered_.size() == last_);
    for (const auto& [p, gap] : promised_) CHECK_FALSE(gap);
    for (subscriber_id who = 1; who <= subscribers; ++who) end_all(who);
    CHECK(book_.channels() == 0);
    CHECK(book_.subscriptions() == 0);
    CHECK(book_.subscribers() == 0);
  }

private:
  names some() {
    names out;
    for (const auto& x : all_)
      if (random_.next() % 2 == 0) out.push_back(x);
    return out;
  }

  void ask(subscriber_id who) {
    asked_[++last_] = who;
    book_.subscribe(last_, who, some(), now_ + duration{random_.next() % 5'000'000'000});
  }
  void end_some(subscriber_id who) {
    const auto out = book_.unsubscribe(who, some());
    if (!out) return;
    for (const auto& c : *out) promised_.erase({who, c});
  }
  void end_all(subscriber_id who) {
    book_.ended(who);
    std::erase_if(promised_, [&](const auto& x) { return x.first.first == who; });
    take();
  }
  void listen() {
    session_ = true;
    book_.listening(book_.generation(), now_);
  }
  void pass(duration x) {
    now_ += x;
    book_.tick(now_);
  }

  void take() {
    for (auto& e : book_.take_effects()) std::visit([this](const auto& x) { note(x); }, e);
  }
  void note(const subscribed_effect& x) {
    CHECK(answered_.insert(x.request).second);
    for (const auto& c : x.channels) promised_[{asked_.at(x.request), c}] = false;
  }
  void note(const refused_effect& x) { CHECK(answered_.insert(x.request).second); }
  void note(const gap_effect& x) {
    for (const auto& c : x.channels) {
      const auto p = promised_.find({x.subscriber, c});
      REQUIRE(p != promised_.end());
      CHECK(p->second == x.over);
      p->second = !x.over;
    }
  }
  void note(const forget_effect&) {}

  /// Whoever was promised a channel hears of it; and without a gap there is a session that listens.
  void check() {
    for (const auto& c : all_) {
      std::vector<subscriber_id> hearers;
      book_.collect(c, hearers);
      for (subscriber_id who = 1; who <= subscribers; ++who) {
        const auto p = promised_.find({who, c});
        CHECK(std::count(hearers.begin(), hearers.end(), who) == (p != promised_.end() ? 1 : 0));
        if (p != promised_.end() && !p->second) CHECK(session_);
      }
    }
  }

  splitmix64 random_;
  subscription_book book_{subscription_limits{}};
  time_point now_{1h};
  const names all_{"a", "b", "c", "d"};
  bool session_ = false;
  std::map<std::pair<subscriber_id, std::string>, bool> promised_; ///< The value: in a gap.
  std::map<subscription_request, subscriber_id> asked_;
  std::set<subscription_request> answered_;
  subscription_request last_ = 0;
};

} // namespace

TEST_CASE("Whatever happens, each request has one answer and nothing is missed without a gap") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    history h{seed};
    for (int i = 0; i < 200; ++i) h.step();
    h.settle();
  }
}
