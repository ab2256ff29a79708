// One question after the other.
#include "rag/asking.hpp"

#include <algorithm>
#include <utility>

namespace rag {

asking::asking(caf::actor_config& cfg, caf::actor store, std::vector<question> questions,
               std::shared_ptr<const embedder> vectors, std::size_t at_once, std::function<void(const asked&)> progress)
  : caf::event_based_actor(cfg),
    store_(std::move(store)),
    questions_(std::move(questions)),
    vectors_(std::move(vectors)),
    at_once_(at_once),
    progress_(std::move(progress)) {}

caf::behavior asking::make_behavior() {
  for (std::size_t i = 0; i < at_once_; ++i) ask();
  return {[this](last_round) {
    to_ = make_response_promise();
    last_ = true;
    left_ = questions_.size();
    next_ = 0;
    while (under_way_ < at_once_ && left_ > 0) ask();
  }};
}

void asking::ask() {
  const bool counts = last_;
  if (last_) --left_;
  const auto& x = questions_[next_++ % questions_.size()];
  const auto since = std::chrono::steady_clock::now();
  ++under_way_;
  request(store_, answer_limit, find_passages{x.text, vectors_->embed(x.text), ranking::fused, 5})
    .then(
      [this, &x, since, counts](const found_passages& found) {
        ++sums_.answered;
        if (counts) {
          ++sums_.last_round;
          if (place_of_answer(x, found.passages) != 0) ++sums_.found;
        }
        ended(since);
      },
      [this, since](const caf::error& e) {
        ++sums_.refused;
        auto why = refusal_of(e).text;
        if (sums_.refusals.size() < 100 || sums_.refusals.count(why) != 0) ++sums_.refusals[std::move(why)];
        ended(since);
      });
}

void asking::ended(std::chrono::steady_clock::time_point since) {
  --under_way_;
  ++sums_.questions;
  sums_.slowest = std::max<std::chrono::nanoseconds>(sums_.slowest, std::chrono::steady_clock::now() - since);
  if (progress_) progress_(sums_);
  if (!last_ || left_ > 0) return ask();
  if (under_way_ > 0) return;
  to_.deliver(sums_);
  quit();
}

void asking::on_exit() {
  if (to_.pending()) to_.deliver(make_error(refusal{"the asker has ended before it was done", true}));
}

} // namespace rag
