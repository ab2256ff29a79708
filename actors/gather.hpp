// Asks several actors the same question and hands over the answers that came within a second: for status snapshots.
#pragma once

#include <caf/event_based_actor.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace tripool {

/// How long a snapshot waits for one actor.
inline constexpr std::chrono::seconds gather_limit{1};

/// What has come so far. It is handed over once: complete, or as far as it got when the asking actor ends, whose open
/// requests CAF forgets without a word.
template <class Answer, class Then>
class gathering {
public:
  gathering(std::size_t missing, Then then) : missing_(missing), then_(std::move(then)) {}
  gathering(const gathering&) = delete;
  gathering& operator=(const gathering&) = delete;
  ~gathering() {
    if (missing_ > 0) then_(std::move(found_));
  }

  void add(const Answer& x) { found_.push_back(x); }
  void one_less() {
    if (--missing_ == 0) then_(std::move(found_));
  }

private:
  std::vector<Answer> found_;
  std::size_t missing_;
  Then then_;
};

/// Asks `all`; calls `then` once, on `self`'s thread, with the answers in the order of their arrival. Actors that
/// end, do not answer in time or answer with an error are left out. When `self` itself ends, `then` gets what has come
/// until then: it must not touch `self`.
template <class Answer, class Question, class Then>
void gather(caf::event_based_actor& self, const std::vector<caf::actor>& all, const Question& question, Then then) {
  if (all.empty()) return then(std::vector<Answer>{});
  auto s = std::make_shared<gathering<Answer, Then>>(all.size(), std::move(then));
  for (const auto& x : all) {
    self.request(x, gather_limit, question)
      .then(
        [s](const Answer& a) {
          s->add(a);
          s->one_less();
        },
        [s](const caf::error&) { s->one_less(); });
  }
}

} // namespace tripool
