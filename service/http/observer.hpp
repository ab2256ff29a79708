// Looks at a running service from a thread of its own, once a second, by messages: keeps the latest look and a bounded
// history of figures, so that a page that is opened now can show the last ten minutes.
// Bounds every wait; asks only the delegate. Used by the HTTP endpoint, on its threads.
#pragma once

#include "service/inspect/observation.hpp"
#include "tripool/actors/instance.hpp"

#include <caf/actor_system.hpp>

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace tripool::service {

/// What the history keeps of a second.
struct pool_sample {
  std::string health; ///< As health_state's names; empty: the monitor did not answer.
  bool writes = false;
  double answered = 0; ///< Requests a second.
  double p50 = 0;      ///< Seconds, from the queue's end to the answer.
  double p99 = 0;
  std::size_t outstanding = 0;
  std::size_t queued = 0;
  std::size_t open = 0;
};
struct sample {
  std::chrono::system_clock::time_point wall{};
  double done = 0; ///< Answers to callers a second, by outcome.
  double rejected = 0;
  double not_executed = 0;
  double in_doubt = 0;
  std::vector<pool_sample> pools; ///< In the order of the configuration.
};

/// The observer. Thread-safe. The system and the instance must outlive it.
class observer {
public:
  static constexpr std::size_t samples_max = 600;
  static constexpr std::chrono::milliseconds answer_limit{2000};

  observer(caf::actor_system& sys, const instance& of);
  ~observer();
  observer(const observer&) = delete;
  observer& operator=(const observer&) = delete;

  /// A look that is not older than `age`; null when the delegate does not answer.
  std::shared_ptr<const observation> look(std::chrono::milliseconds age = std::chrono::milliseconds{300});
  /// The samples that are left, oldest first, and the names of their pools.
  std::vector<sample> history() const;

  caf::actor_system& system() noexcept { return sys_; }
  const caf::actor& delegate() const noexcept { return delegate_; }

private:
  void run();
  std::shared_ptr<const observation> ask();
  void keep(std::shared_ptr<const observation> now);

  caf::actor_system& sys_;
  caf::actor delegate_;
  std::chrono::system_clock::time_point began_ = std::chrono::system_clock::now();

  std::mutex asking_; ///< One asks; the others wait for what it hears, also when that is nothing.
  std::chrono::steady_clock::time_point failed_at_{}; ///< When an ask last heard nothing. Under `asking_`.
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  bool end_ = false;
  std::shared_ptr<const observation> last_;
  std::shared_ptr<const observation> sampled_;
  std::deque<sample> samples_;
  std::thread thread_;
};

} // namespace tripool::service
