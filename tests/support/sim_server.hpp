// A PostgreSQL server in memory: rows, a ledger of what ran, processes, scripted faults, a role and a timeline. Without
// threads and without a clock: whatever happens, happens inside a call, and time is its owner's.
//
//   sim_server db;                                  sim_network net;  net.add("db1", 5432, db);
//   db.script().add({"insert 1 a", fault_point::after_commit, fault_kind::lose});
//   db.ledger().committed("insert 1 a")             how often it was committed
//
// Used by unit, actor and simulation tests, through the session port (sim_session.hpp).
#pragma once

#include "tests/support/sim_backend.hpp"
#include "tests/support/sim_link.hpp"
#include "tests/support/sim_script.hpp"
#include "tests/support/sim_store.hpp"
#include "tests/support/sim_traffic.hpp"

#include "tripool/core/health/health.hpp"
#include "tripool/core/result/result.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tripool::test {

/// How the server meets new sessions.
struct sim_dial_rules {
  std::optional<server_message> refuse; ///< Refuses each with this FATAL: 57P03, 53300, 28P01 ...
  bool silent = false;                  ///< Accepts the connection and never answers.
  bool unreachable = false;             ///< Nobody listens.
  std::optional<std::string> password;  ///< What a dial must present; 28P01 otherwise.
  std::size_t sessions_max = 100;       ///< 53300 beyond.
};

/// The server. Outlives the sessions dialled to it.
class sim_server {
public:
  explicit sim_server(std::uint64_t system_identifier = 7000000000000000001) : system_(system_identifier) {}
  sim_server(const sim_server&) = delete;
  sim_server& operator=(const sim_server&) = delete;

  // -- what it holds ------------------------------------------------------------------------------------------------
  sim_store& store() noexcept { return store_; }
  sim_ledger& ledger() noexcept { return ledger_; }
  sim_script& script() noexcept { return script_; }
  sim_dial_rules& dials() noexcept { return dials_; }
  /// How its clients' statements shared a Sync, in all its time.
  sim_traffic& traffic() noexcept { return traffic_; }
  /// Processes that have not ended, oldest first.
  std::vector<std::shared_ptr<sim_backend>> backends();
  /// The youngest process that has not ended, or null.
  std::shared_ptr<sim_backend> last_backend();
  /// How many sessions were dialled to it, answered or not.
  std::uint64_t dialled() const noexcept { return dialled_; }

  // -- role ---------------------------------------------------------------------------------------------------------
  bool in_recovery() const noexcept { return standby_; }
  bool read_only() const noexcept { return read_only_; }
  std::uint32_t timeline() const noexcept { return timeline_; }
  void set_timeline(std::uint32_t x) noexcept { timeline_ = x; }
  /// Makes it a standby, telling its sessions by in_hot_standby.
  void make_standby() { set_standby(true); }
  /// Makes a standby the primary of the next timeline.
  void promote();
  /// default_transaction_read_only.
  void set_read_only(bool x);
  /// A standby takes over what another server has committed, up to `count` transactions.
  void replay_from(sim_server& primary, std::size_t count = static_cast<std::size_t>(-1));
  /// Commits are told only when a standby has them (see replicated), as with synchronous_standby_names.
  void set_synchronous(bool x) noexcept { synchronous_ = x; }
  bool synchronous() const noexcept { return synchronous_; }
  /// A standby has so many of its transactions.
  void replicated(std::size_t transactions);
  /// Becomes a standby of another server with all that it has, and nothing else: its processes end (pg_rewind).
  void rejoin(sim_server& primary);
  /// Whether the table of tokens exists.
  void set_tokens(bool x) noexcept { tokens_ = x; }
  bool tokens() const noexcept { return tokens_; }
  void set_replay_lag(std::optional<double> seconds) noexcept { replay_lag_seconds_ = seconds; }

  // -- what befalls it ----------------------------------------------------------------------------------------------
  /// SIGSTOP: nothing runs, nothing is answered, dials and cancels stay without an effect.
  void hang() noexcept { hung_ = true; }
  void resume();
  bool hung() const noexcept { return hung_; }
  /// All processes die without a word, and nobody listens until `start`.
  void crash();
  void start() noexcept { dials_.unreachable = false; }
  void terminate_all(const std::string& sqlstate = "57P01",
                     const std::string& message = "terminating connection due to administrator command");
  /// How many dials wait for an answer.
  std::size_t waiting_dials();
  /// Lets every delayed statement go on.
  void release_delays();
  /// Tells whoever listens on a channel, as another client's NOTIFY does.
  void notify(std::string channel, std::string payload) { notified({std::move(channel), std::move(payload), 1}); }
  /// ALTER TABLE: prepared statements that return rows end in 0A000 until they are prepared anew.
  void change_schema() noexcept { ++schema_; }
  /// Replies leave for the client at once, not only at a Sync or an error.
  void set_eager_replies(bool x) noexcept { eager_ = x; }

  // -- for sessions and processes -------------------------------------------------------------------------------------
  /// A dial that waits for an answer: nothing yet, a refusal, or a process.
  struct admission {
    bool waiting = false;
    session_loss refused;
    std::shared_ptr<sim_backend> backend;
  };
  void dial_began() noexcept { ++dialled_; }
  admission admit(const std::shared_ptr<sim_link>& link, const std::string* password);
  /// The row that answers the monitor's probe.
  result probe_row() const;
  // What is known of transactions whose id was asked for.
  std::string begin_transaction();
  void end_transaction(const std::string& xid, std::string how);
  result identity_row(const std::string& xid) const;
  result status_row(const std::string& xid, const std::string& timeline) const;
  /// The row that answers who asks for the log's position.
  result position_row() const;
  std::uint64_t position() const noexcept { return 16'777'216 + store_.log().size() * 100; }
  /// A transaction that notified has committed: whoever listens is told.
  void notified(const sim_notification& x);
  /// A transaction that had written has ended: who waits for it goes on.
  void transaction_ended();
  std::uint32_t schema() const noexcept { return schema_; }
  bool eager_replies() const noexcept { return eager_; }

private:
  void set_standby(bool x);

  sim_store store_;
  sim_ledger ledger_;
  sim_script script_;
  sim_dial_rules dials_;
  sim_traffic traffic_;
  std::vector<std::shared_ptr<sim_backend>> backends_;
  std::vector<std::weak_ptr<sim_link>> waiting_; ///< Dials without an answer.
  std::uint64_t system_;
  std::uint64_t dialled_ = 0;
  std::uint32_t timeline_ = 1;
  std::uint32_t schema_ = 0;
  std::int32_t last_pid_ = 1000;
  std::optional<double> replay_lag_seconds_;
  std::map<std::string, std::string> transactions_; ///< Their status, by id.
  std::uint64_t crashes_ = 0;
  std::uint64_t last_xid_ = 0;
  bool tokens_ = true;
  bool synchronous_ = false;
  bool standby_ = false;
  bool read_only_ = false;
  bool hung_ = false;
  bool eager_ = false;
};

} // namespace tripool::test
