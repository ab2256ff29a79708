// The benchmark's callers, as actors: one that asks again when it has its answer (closed loop), and one that asks at
// given moments whatever the answers do (open loop). Every answer is checked. Used by the command `bench`.
#pragma once

#include "service/bench/course.hpp"

#include "tripool/actors/loop_actor.hpp"
#include "tripool/core/util/random.hpp"

#include <caf/actor.hpp>
#include <caf/event_based_actor.hpp>

#include <memory>

namespace tripool::bench {

/// Asks, checks, and asks again, until the course stops.
class closed_caller final : public loop_actor {
public:
  closed_caller(caf::actor_config& cfg, reactor* loop, std::shared_ptr<course> c, caf::actor delegate,
                std::uint64_t seed);

private:
  caf::behavior make_behavior() override;
  void ask(course::clock::time_point at);
  template <class Answer, class Question>
  void send_one(Question q);
  void answered(bool right, const std::string& problem);

  void on_end() override { delegate_ = nullptr; }

  std::shared_ptr<course> course_;
  caf::actor delegate_;
  splitmix64 random_;
  question question_;
  course::clock::time_point began_{};
};

/// Asks at moments drawn beforehand (Poisson arrivals), and measures from those moments: when the service stalls, the
/// requests that ought to have been made meanwhile count with all of their wait (no coordinated omission).
class open_caller final : public loop_actor {
public:
  /// `rate`: its own arrivals per second.
  open_caller(caf::actor_config& cfg, reactor* loop, std::shared_ptr<course> c, caf::actor delegate, std::uint64_t seed,
              double rate);

private:
  caf::behavior make_behavior() override;
  void ask_what_is_due();
  template <class Answer, class Question>
  void send_one(question expected, Question q, course::clock::time_point due);
  void answered(bool right, const std::string& problem, course::clock::time_point due);
  std::chrono::nanoseconds gap();
  void end_if_done();

  void on_end() override { delegate_ = nullptr; }

  std::shared_ptr<course> course_;
  caf::actor delegate_;
  splitmix64 random_;
  double rate_;
  course::clock::time_point next_{};
  std::uint64_t waiting_ = 0;
};

} // namespace tripool::bench
