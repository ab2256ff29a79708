// Asks several actors the same question and hands over the answers that came within a second: for status snapshots.
#pragma once

#include <caf/event_based_actor.hpp>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace tripool {

/// How long a snapshot waits for one actor.
inline constexpr std::chrono::seconds gather_limit{1};

/// Asks `all`; calls `then` once, on `self`'s thread, with the answers in the order of their arrival. Actors that
/// end, do not answer in time or answer with an error are left out.
template <class Answer, class Question, class Then>
void gather(caf::event_based_actor& self, const std::vector<caf::actor>& all, const Question& question, Then then) {
  struct state {
    std::vector<Answer> found;
    std::size_t missing;
    Then then;
  };
  auto s = std::make_shared<state>(state{{}, all.size(), std::move(then)});
  if (all.empty()) return s->then(std::move(s->found));
  const auto one_less = [s] {
    if (--s->missing == 0) s->then(std::move(s->found));
  };
  for (const auto& x : all) {
    self.request(x, gather_limit, question)
      .then(
        [s, one_less](const Answer& a) {
          s->found.push_back(a);
          one_less();
        },
        [one_less](const caf::error&) { one_less(); });
  }
}

} // namespace tripool
