// What goes wrong in the demonstration, on a thread of its own so that the display goes on: the primary server is
// killed, and after a moment a standby is promoted, as an operator or a cluster manager would. Tripool is told nothing.
// Knows the servers and the ledger; nothing of pools. Used by the command `demo`.
#pragma once

#include "service/demo/ledger.hpp"
#include "service/demo/stage.hpp"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace tripool::demo {

/// When it happens.
struct incident_plan {
  time_point crash_at{};
  duration promote_after = std::chrono::milliseconds{500};
};

/// What happened, as far as it has.
struct incident_report {
  std::optional<time_point> crashed;   ///< Just before the kill.
  std::optional<time_point> promoting; ///< Just before the order to promote.
  std::optional<time_point> promoted;  ///< The server said that it takes writes.
  std::size_t survivor = 0;            ///< The promoted member.
  std::optional<std::string> problem;  ///< Why it could not go on.
  bool finished = false;               ///< Also with a problem.
};

/// Reads a position of PostgreSQL's log, "16/B374D848"; nothing when the text is none.
std::optional<std::uint64_t> parse_wal_position(const std::string& text);

/// Runs once. Nobody else may use the servers before it has finished or is destroyed.
class incident {
public:
  /// `say` is called on the incident's thread, with whole sentences.
  incident(stage& where, std::shared_ptr<ledger> books, incident_plan plan, std::function<void(std::string)> say);
  /// Ends it after the step that it is at.
  ~incident();
  incident(const incident&) = delete;
  incident& operator=(const incident&) = delete;

  incident_report report() const;
  /// Waits until it has finished, at most so long. Returns whether it has.
  bool wait(duration limit);

private:
  void run();
  cluster::result<void> happen();
  cluster::result<std::size_t> choose_standby();
  bool sleep_until(time_point when);

  stage& where_;
  std::shared_ptr<ledger> books_;
  incident_plan plan_;
  std::function<void(std::string)> say_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool ending_ = false;
  incident_report report_;
  std::thread thread_;
};

} // namespace tripool::demo
