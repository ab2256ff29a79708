// One process of the simulated server: the extended protocol in pipeline mode, with PostgreSQL's transactions.
//
//   block  | what arrives                     | what happens
//   none   | a statement                      | runs in the implicit transaction that the next Sync commits
//   none   | BEGIN                            | the implicit transaction becomes a block
//   open   | COMMIT                           | commits; its tag says COMMIT
//   open   | an error                         | block fails; everything up to the next Sync is skipped
//   failed | anything but COMMIT and ROLLBACK | 25P02, everything up to the next Sync is skipped
//   failed | COMMIT                           | rolls back; its tag says ROLLBACK
//
// Replies leave for the client at a Sync or an error, as PostgreSQL's buffer does, or at once with `eager_replies`.
// Knows its server and its link. Used by the simulated server; tests see it through `sim_server::backends`.
#pragma once

#include "tests/support/sim_link.hpp"
#include "tests/support/sim_script.hpp"
#include "tests/support/sim_sql.hpp"
#include "tests/support/sim_store.hpp"
#include "tests/support/sim_traffic.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tripool::test {

class sim_server;

/// What NOTIFY tells.
struct sim_notification {
  std::string channel;
  std::string payload;
  std::int32_t pid = 0;
};

/// The process. Lives on after its client has gone, until what had arrived has run, as a real one does.
class sim_backend {
public:
  sim_backend(sim_server& home, std::shared_ptr<sim_link> link, std::int32_t pid);

  std::int32_t pid() const noexcept { return pid_; }
  /// The password that its client was let in with; empty: it had none.
  const std::string& let_in_with() const noexcept { return let_in_with_; }
  void let_in_with(std::string password) { let_in_with_ = std::move(password); }
  sim_link& link() noexcept { return *link_; }
  /// Ended: nothing that arrives runs any more.
  bool over() const noexcept { return over_; }
  /// A statement waits by a scripted delay.
  bool delayed() const noexcept { return delayed_at_.has_value(); }
  /// A transaction of its client's stands open.
  bool in_block() const noexcept { return block_ != block::none; }
  /// A commit waits for a synchronous standby.
  bool waits_for_standby() const noexcept { return standby_wait_.has_value(); }
  std::size_t prepared_statements() const noexcept { return statements_.size(); }

  /// Runs what has arrived, until nothing is left, a delay, or the end.
  void run();
  void release_delay();
  /// Goes on after a wait for another transaction's token, which has ended; it may have to wait again.
  void release_lock();
  /// A standby has so many of the server's transactions: a commit that waited for that goes on.
  void replicated(std::size_t transactions);
  /// Whether its open transaction has written the key.
  bool holds(const std::string& key) const;
  /// pg_cancel_backend: strikes what is delayed at this moment, else nothing. A wait after the commit ends with success
  /// and a warning, as a wait for the synchronous standby does.
  void cancel();
  /// pg_terminate_backend and the like: FATAL with this SQLSTATE.
  void terminate(const std::string& sqlstate, const std::string& message);
  /// Dies without a word; what it had not flushed is lost.
  void die();
  /// DISCARD ALL by somebody in between: later uses of a name end in 26000.
  void forget_statements() { statements_.clear(); }
  /// What SET has changed and nobody has reset.
  const std::map<std::string, std::string>& settings() const noexcept { return settings_; }
  void push_parameter(std::string name, std::string value);
  /// Somebody has notified: passed on if it listens, at once when it is idle, else with the next Sync.
  void hear(const sim_notification& x);
  /// The channels that it listens to.
  const std::set<std::string>& channels() const noexcept { return channels_; }

private:
  enum class block : std::uint8_t { none, open, failed };
  struct prepared {
    std::string text;
    std::uint32_t schema = 0;
  };
  /// A statement of the open transaction.
  struct member {
    std::string text;
    bool prepared = false;
    std::size_t entry = 0; ///< In the ledger.
  };
  /// A savepoint: what the transaction had done by then.
  struct mark {
    std::string name;
    std::size_t writes = 0;
    std::size_t members = 0;
  };
  /// What the script did at a point.
  struct stroke {
    enum class kind : std::uint8_t { none, error, wait, over };
    kind what = kind::none;
    server_message error;
  };

  /// Each returns false when the message has to wait at the head.
  bool step(const sim_message& m);
  bool on_sync(const sim_message& m);
  bool on_prepare(const sim_message& m);
  bool on_execute(const sim_message& m);
  bool on_close(const sim_message& m);
  bool perform_bound(const sim_message& m);
  bool run_control(const sim_message& m, const sim_command& c);
  void run_savepoint(const sim_message& m, const sim_command& c);
  void discard_all(const sim_message& m);
  bool run_statement(const sim_message& m, const sim_command& c, const std::string& text);
  bool run_committing(const sim_message& m, const sim_command& c);
  bool on_copy(const sim_message& m);
  bool on_copy_end(const sim_message& m);
  bool finish_copy();
  void refuse_copy(server_message e);
  void give_data(const sim_command& c);
  bool must_wait_for_token(const sim_command& c);
  std::optional<server_message> refusal_of(const sim_command& c) const;
  result perform_token(const sim_command& c);
  result perform(const sim_command& c);

  stroke strike(const std::string& text, bool control, bool by_name, fault_point at);
  bool handle(const sim_message& m, stroke&& x);
  stroke commit();
  void roll_back();

  void complete(result rows);
  void answer_error(const sim_message& m, server_message e);
  void notice(server_message x);
  void push(sim_reply x);
  void flush_replies();
  void publish();
  void pass_on(const sim_notification& x);
  void end(const std::string& sqlstate, const std::string& message);

  sim_server& home_;
  std::shared_ptr<sim_link> link_;
  std::int32_t pid_;
  std::string let_in_with_;
  std::map<std::string, prepared> statements_;
  block block_ = block::none;
  bool block_read_only_ = false;
  bool skipping_ = false;   ///< An error: everything up to the next Sync is skipped.
  bool pipelining_ = false; ///< Something ran in the implicit transaction.
  std::string bound_;       ///< The bound text of what was executed last.
  sim_command command_;     ///< The same, taken apart.
  sim_group group_;
  sim_store::transaction writes_;
  std::vector<member> members_;
  std::vector<mark> savepoints_;
  std::map<std::string, std::string> settings_; ///< What SET has changed, for the whole session.
  std::string copied_;                          ///< The data of the COPY FROM STDIN under way.
  std::size_t copy_rows_ = 0;
  bool copying_ = false;                              ///< It takes data.
  bool copy_over_ = false;                            ///< It failed: what still comes of it is ignored.
  std::vector<std::pair<bool, std::string>> listens_; ///< Of the open transaction: LISTEN (true) and UNLISTEN.
  std::vector<sim_notification> notifies_;            ///< Of the open transaction.
  std::vector<sim_notification> heard_;               ///< To be passed on with the next Sync.
  std::set<std::string> channels_;
  std::vector<sim_reply> unflushed_;
  std::optional<fault_point> delayed_at_;
  std::optional<fault_point> passed_;       ///< The message at the head has waited here, and goes on.
  std::optional<server_message> order_;     ///< What ended the wait: a cancel or a termination.
  std::string xid_;                         ///< Of its transaction, if it was asked for.
  std::optional<std::size_t> standby_wait_; ///< How much of the log a standby must have before its commit is told.
  bool locked_ = false;                     ///< It waits for another transaction's end, not for a test.
  bool running_ = false;
  bool over_ = false;
};

} // namespace tripool::test
