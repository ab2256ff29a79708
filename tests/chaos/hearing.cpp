// The ledger of numbers. A gap forgives every number that was committed before it was over; after that each number
// must be heard, and in order.
// Used through hearing.hpp only.
#include "tests/chaos/hearing.hpp"

#include "tripool/actors/protocol_listen.hpp"
#include "tripool/core/listen/channel.hpp"

#include <algorithm>

namespace tripool::chaos {

namespace {

constexpr const char* channel = "chaos";

}

hearing::hearing(caf::actor_system& sys, const caf::actor& delegate) : client_(sys, delegate) {
  const auto x = client_.ask<subscribed>(delegate, subscribe{{channel}, 10s, {}});
  if (!x) throw stage_error{"Nobody listens: " + to_string(x.error())};
}

void hearing::notify(int times) {
  for (int i = 0; i < times; ++i) {
    const auto n = ++next_;
    auto s = tripool::notify(channel, std::to_string(n));
    if (!s) throw stage_error{to_string(s.error())};
    s->timeout = 5s;
    if (client_.execute(std::move(*s))) owed_.insert(n);
    take_in(0ms);
  }
}

/// A number that is owed must not be passed over.
void hearing::heard(std::int64_t n) {
  const auto at = owed_.find(n);
  const auto passed = std::distance(owed_.begin(), at == owed_.end() ? owed_.lower_bound(n) : at);
  untold_ += static_cast<std::uint64_t>(passed);
  owed_.erase(owed_.begin(), at == owed_.end() ? owed_.lower_bound(n) : std::next(at));
}

void hearing::take_in(std::chrono::milliseconds limit) {
  bool more = true;
  while (more) {
    client_.self()->receive([&](const notification& x) { heard(std::stoll(x.payload)); },
                            [&](const notification_gap& x) {
                              in_gap_ = !x.over;
                              if (!x.over) return;
                              ++gaps_over_;
                              owed_.clear(); // They may have been lost: it has been said.
                            },
                            caf::after(limit) >> [&] { more = false; });
    limit = 0ms;
  }
}

void hearing::until_again(const std::string& after) {
  const auto before = gaps_over_;
  const auto begin = stage::now();
  while (gaps_over_ == before || in_gap_) {
    if (stage::now() - begin > 15s) throw stage_error{"No gap was told, or it was not over, after " + after + "."};
    take_in(20ms);
  }
  longest_ = std::max(longest_, stage::now() - begin);
}

std::uint64_t hearing::untold() {
  const auto begin = stage::now();
  while (!owed_.empty() && stage::now() - begin < 10s) take_in(20ms);
  return untold_ + owed_.size();
}

} // namespace tripool::chaos
