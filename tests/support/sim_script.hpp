// The faults that a test has scripted for a simulated server, each for a statement and a point of its life.
// Knows nothing of sessions. Used by the simulated backend and by tests.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>

namespace tripool::test {

/// Where in a statement's life a fault strikes.
enum class fault_point : std::uint8_t {
  parse,         ///< When the text is parsed: at its preparation, or before it runs unprepared.
  before,        ///< Before it runs.
  after,         ///< After it ran, before its answer.
  before_commit, ///< When the transaction that it ran in is about to commit: at the Sync, or at COMMIT.
  after_commit,  ///< When that transaction has committed, before the answer says so.
};

/// What happens there.
enum class fault_kind : std::uint8_t {
  error,  ///< An ERROR with the fault's SQLSTATE.
  fatal,  ///< A FATAL with the fault's SQLSTATE; the session ends.
  lose,   ///< The backend dies without a word; what it had not flushed is lost.
  delay,  ///< Waits until `sim_server::release_delays` or a cancel. At before, before_commit and after_commit only.
  notice, ///< A WARNING with the fault's SQLSTATE; the statement goes on.
};

/// One scripted fault.
struct sim_fault {
  std::string text{}; ///< The bound text of the statement that it strikes; empty: any that controls no transaction.
  fault_point at = fault_point::before;
  fault_kind what = fault_kind::error;
  std::string sqlstate{};
  std::string source_function{}; ///< For a notice, for example "SyncRepWaitForLSN".
  std::uint32_t times = 1;       ///< How often it strikes.
  bool only_prepared = false;    ///< Strikes only what runs by a prepared name.
};

/// The faults still to strike, first scripted first.
class sim_script {
public:
  void add(sim_fault x) { faults_.push_back(std::move(x)); }
  void clear() { faults_.clear(); }
  bool empty() const noexcept { return faults_.empty(); }

  /// Takes the next fault for a statement at a point: it counts as having struck. Waits (`delay`) are skipped when
  /// `delayed` says that the statement has waited here already.
  std::optional<sim_fault> take(std::string_view text, bool control, fault_point at, bool prepared, bool delayed);

private:
  std::list<sim_fault> faults_;
};

} // namespace tripool::test
