// Asking and checking.
#include "service/bench/callers.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/actors/protocol.hpp"

#include <cmath>
#include <utility>
#include <variant>

namespace tripool::bench {

// -- closed loop ------------------------------------------------------------------------------------------------------

closed_caller::closed_caller(caf::actor_config& cfg, reactor* loop, std::shared_ptr<course> c, caf::actor delegate,
                             std::uint64_t seed)
  : loop_actor(cfg, loop), course_(std::move(c)), delegate_(std::move(delegate)), random_(seed) {}

caf::behavior closed_caller::make_behavior() {
  return {[this](tick_msg) { ask(course::clock::now()); }};
}

void closed_caller::ask(course::clock::time_point at) {
  if (course_->stopping.load(std::memory_order_relaxed)) {
    course_->leave();
    return quit();
  }
  question_ = next_question(course_->work, random_, course_->accounts, course_->mode);
  began_ = at;
  if (auto* s = std::get_if<statement>(&question_.what)) return send_one<result>(std::move(*s));
  send_one<reply>(std::move(std::get<batch>(question_.what)));
}

template <class Answer, class Question>
void closed_caller::send_one(Question q) {
  request(delegate_, caf::infinite, std::move(q))
    .then([this](const Answer& x) { answered(is_right(question_, x), "a wrong answer"); },
          [this](const caf::error& e) { answered(false, to_string(failure_of(e))); });
}

void closed_caller::answered(bool right, const std::string& problem) {
  const auto t = course::clock::now();
  if (course_->measuring.load(std::memory_order_relaxed)) course_->latencies_here().add(t - began_);
  if (!right) course_->blame(problem);
  ask(t);
}

// -- open loop --------------------------------------------------------------------------------------------------------

open_caller::open_caller(caf::actor_config& cfg, reactor* loop, std::shared_ptr<course> c, caf::actor delegate,
                         std::uint64_t seed, double rate)
  : loop_actor(cfg, loop), course_(std::move(c)), delegate_(std::move(delegate)), random_(seed), rate_(rate) {}

caf::behavior open_caller::make_behavior() {
  return {[this](tick_msg) {
    ticked();
    ask_what_is_due();
  }};
}

/// The time to the next arrival: exponential, as arrivals of many independent users are.
std::chrono::nanoseconds open_caller::gap() {
  const auto uniform = (static_cast<double>(random_.next() >> 11U) + 0.5) * 0x1p-53;
  return std::chrono::nanoseconds{static_cast<std::int64_t>(-std::log(uniform) / rate_ * 1e9)};
}

void open_caller::ask_what_is_due() {
  const auto t = course::clock::now();
  if (next_ == course::clock::time_point{}) next_ = t + gap();
  if (course_->stopping.load(std::memory_order_relaxed)) return end_if_done();
  for (; next_ <= t; next_ += gap()) {
    auto q = next_question(course_->work, random_, course_->accounts, course_->mode);
    ++waiting_;
    course_->outstanding.fetch_add(1, std::memory_order_relaxed);
    if (auto* s = std::get_if<statement>(&q.what)) {
      auto text = std::move(*s);
      send_one<result>(std::move(q), std::move(text), next_);
    } else {
      auto all = std::move(std::get<batch>(q.what));
      send_one<reply>(std::move(q), std::move(all), next_);
    }
  }
  wake_at(std::chrono::time_point_cast<duration>(next_));
}

template <class Answer, class Question>
void open_caller::send_one(question expected, Question q, course::clock::time_point due) {
  const auto wanted = std::make_shared<question>(std::move(expected));
  request(delegate_, caf::infinite, std::move(q))
    .then([this, wanted, due](const Answer& x) { answered(is_right(*wanted, x), "a wrong answer", due); },
          [this, due](const caf::error& e) { answered(false, to_string(failure_of(e)), due); });
}

void open_caller::answered(bool right, const std::string& problem, course::clock::time_point due) {
  --waiting_;
  course_->outstanding.fetch_sub(1, std::memory_order_relaxed);
  if (course_->measuring.load(std::memory_order_relaxed)) course_->latencies_here().add(course::clock::now() - due);
  if (!right) course_->blame(problem);
  end_if_done();
}

void open_caller::end_if_done() {
  if (!course_->stopping.load(std::memory_order_relaxed) || waiting_ > 0) return;
  course_->leave();
  quit();
}

} // namespace tripool::bench
