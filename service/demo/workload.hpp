// The demonstration's callers: actors that send requests to the delegate, one at a time each, with a pause after each
// answer, so that the load is bounded whatever the servers do. Half of them read, half write, so that reads are asked
// for while writes wait; half of each live on Tripool's loop, half on the actor system's scheduler.
// Knows the ledger, the shop and the delegate; nothing of pools. Used by the command `demo`.
#pragma once

#include "service/demo/ledger.hpp"

#include "tripool/actors/instance.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace tripool::demo {

/// How much is asked, and how patiently.
struct workload_options {
  std::size_t callers = 64;
  duration pause = std::chrono::milliseconds{20}; ///< Of a caller after an answer, give or take a half.
  duration read_deadline = std::chrono::seconds{2};
  duration write_deadline = std::chrono::seconds{5};
};

/// How many callers have not ended yet.
class headcount {
public:
  explicit headcount(std::size_t n) : left_(n) {}
  void one_left();
  /// Returns how many are left after at most `limit`.
  std::size_t wait(duration limit);

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t left_;
};

/// The callers. Made, stopped and destroyed on one thread, before the instance ends.
class workload {
public:
  workload(caf::actor_system& sys, instance& db, std::shared_ptr<ledger> books, const workload_options& options);
  ~workload();
  workload(const workload&) = delete;
  workload& operator=(const workload&) = delete;

  /// No caller sends anything new; waits for the answers that are due. Returns how many callers still wait at `limit`.
  std::size_t stop(duration limit);

private:
  std::shared_ptr<headcount> left_;
  std::vector<caf::actor> callers_;
};

} // namespace tripool::demo
