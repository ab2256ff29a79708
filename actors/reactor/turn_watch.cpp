// The watch's thread.
#include "tripool/actors/reactor/turn_watch.hpp"

#include <chrono>
#include <optional>
#include <utility>

namespace tripool {

turn_watch::turn_watch(duration limit, reporter report) : limit_(limit), report_(std::move(report)) {
  thread_ = std::thread{[this] { run(); }};
}

turn_watch::~turn_watch() {
  {
    std::lock_guard<std::mutex> guard{mutex_};
    ending_ = true;
  }
  ended_.notify_all();
  thread_.join();
}

void turn_watch::ended(duration lasted) {
  began_.store(0, std::memory_order_relaxed);
  const auto x = judge_turn(lasted, limit_);
  if (!x) return;
  blocked_.fetch_add(1, std::memory_order_relaxed);
  std::lock_guard<std::mutex> guard{mutex_};
  report_(*x);
}

void turn_watch::run() {
  loop_watch watch{limit_};
  std::unique_lock<std::mutex> guard{mutex_};
  while (!ended_.wait_for(guard, limit_, [this] { return ending_; })) {
    std::optional<time_point> turn;
    if (const auto t = began_.load(std::memory_order_relaxed); t != 0) turn = time_point{duration{t}};
    if (const auto x = watch.look(turn, std::chrono::steady_clock::now())) report_(*x);
  }
}

} // namespace tripool
