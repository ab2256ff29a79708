// One connection's pipeline: how requests of many callers share a session without sharing fate, what every answer of
// the server proves, and what may be claimed when the connection is lost.
//
//   waiting --pump--> sent --result--> executed --Sync or COMMIT--> settled (answered)
//      ^                |  \--error---------------------------------> settled (rejected, moved, in doubt)
//      +----resend------+   skipped by the server, struck by a foreign cancel, replanned, repeated after 40001
//
// Several units that leave together stand behind one Sync: reads inside one READ ONLY block, each write between its own
// BEGIN and COMMIT, whose tag is the proof of success. An error aborts only what stands behind it in the same Sync;
// that did not run, and is sent again. A unit that leaves alone has its own Sync and no block. See docs/adr/ for why.
// Knows the session port, no client library and no clock. Driven by the connection actor.
#pragma once

#include "tripool/core/config/options.hpp"
#include "tripool/core/metrics/pool_meter.hpp"
#include "tripool/core/outcome/classify.hpp"
#include "tripool/core/pipeline/control_statements.hpp"
#include "tripool/core/pipeline/statement_cache.hpp"
#include "tripool/core/pipeline/unit.hpp"
#include "tripool/core/pool/pool_effects.hpp"
#include "tripool/core/ports/session.hpp"

#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tripool {

/// What the pipeline wants its connection to do; taken and emptied by `take_effects`.
struct pipeline_effects {
  std::vector<moved_request> moved; ///< Leave this connection: for another pool, or for the failure in them.
  std::vector<trouble_effect> troubles;
  std::uint32_t completed = 0;      ///< Units that ended on this connection since the last time.
  bool cancel = false;              ///< Send a cancel for whatever runs now.
  std::optional<std::string> close; ///< Close the session at once, for this reason.
};

/// The pipeline. Not thread-safe; every call carries the moment.
class pipeline_machine {
public:
  /// `pace` is asked which texts may leave together, and told how long they took; null: all may.
  explicit pipeline_machine(const pool_options& limits, std::shared_ptr<pace_book> pace = {});

  /// How its requests end, and how long that takes, is measured there from now on.
  void measure_into(std::shared_ptr<pool_meter> to) noexcept { meter_ = std::move(to); }

  /// The session is open: from now on units may be sent.
  void opened(const server_info& info, time_point now);
  /// Takes a request over. It is sent by the next `pump`.
  void submit(request_ptr r);
  /// Sends what may be sent now. `writable` is false while an earlier flush is incomplete: then nothing is handed over,
  /// so that what waits here provably did not run.
  void pump(session& s, bool writable, time_point now);
  /// One result of the session.
  void on_result(wire_result&& x, time_point now);
  void on_notice(const server_message& x);
  /// The session is lost: everything on it is settled, moved or in doubt.
  void on_lost(const session_loss& x);
  /// Some requests have been taken back: those not on the wire are answered, those on it cancelled when they run.
  void cancel_wanted(time_point now);
  /// The cancel that `pipeline_effects::cancel` asked for has been delivered (or has failed).
  void cancel_finished(time_point now);
  /// Something arrived: `incoming` is the session's estimate of bytes received for the unfinished answer.
  void received(std::size_t incoming, time_point now);
  /// Deadlines, cancel graces and validation limits.
  void tick(time_point now);
  /// When `tick` must be called next.
  std::optional<time_point> next_wake() const;
  /// The connection is being given up: requests on the wire that may be repeated leave it now, for another pool.
  void give_up_repeatable(const std::string& reason);
  /// The statement at the head takes long. Returns what is not on the wire, and reads that are on it behind the head:
  /// all may run elsewhere. Nothing when the head has only just got its turn. (pipeline_held_up.cpp)
  std::vector<request_ptr> take_held_up(time_point now);
  /// Whether the session may be handed to somebody else: nothing is on the wire, and no cancel can strike any more.
  bool quiet(time_point now) const noexcept {
    return open_ && !refused_ && !effects_.close && idle() && !want_rollback_ && cancel_ == cancel_state::none
           && now >= stray_until_;
  }
  /// When `quiet` is worth asking again, apart from what arrives.
  time_point quiet_from() const noexcept { return stray_until_; }
  /// Hands out what the session has prepared, together with the session.
  statement_cache lend_statements() { return std::exchange(cache_, statement_cache{limits_.statement_cache}); }
  /// The session is back. `reset`: its state was thrown away, prepared statements and all.
  void take_back(statement_cache statements, bool reset, time_point now);
  time_point last_activity() const noexcept { return last_activity_; }
  /// Gives back what is not on the wire.
  std::vector<request_ptr> take_waiting();

  pipeline_effects take_effects();

  std::size_t outstanding() const noexcept { return waiting_.size() + live_; }
  bool idle() const noexcept { return waiting_.empty() && sent_.empty() && ops_.empty(); }
  const statement_cache& statements() const noexcept { return cache_; }
  /// The text of the unit that runs now, or empty; and since when it has been at the head.
  std::string_view current_text() const noexcept;
  std::string_view current_name() const noexcept; ///< What that unit's caller called it, or empty.
  time_point head_since() const noexcept { return head_since_; }
  std::uint64_t resent() const noexcept { return resent_; }

private:
  using units = std::list<pipeline_unit>;

  void note_end(const pipeline_unit& u, outcome how, time_point now);

  // -- sending (pipeline_send.cpp) ----------------------------------------------------------------------------------
  bool needs_validation(time_point now) const;
  void send_group(session& s, time_point now);
  std::size_t choose_group(units& chosen, time_point now);
  std::size_t room_for_reads() const noexcept;
  std::size_t room_for_others() const noexcept;
  bool has_room(time_point now) const noexcept;
  void send_lone(session& s, pipeline_unit& u);
  void send_framed(session& s, units& chosen);
  void send_statement(session& s, pipeline_unit& u, std::uint32_t index);
  void send_control(session& s, control_statements::which x, pipeline_unit* u);
  void send_position(session& s, pipeline_unit& u);
  void send_rollback(session& s);
  void send_setting(session& s, const std::string& text, pipeline_unit* u);
  void send_session_timeout(session& s, duration x);
  void note_timeouts(units& chosen, time_point now);
  bool needs_more_time(const pipeline_unit& u, time_point now) const noexcept;
  bool is_plain_read(const pipeline_unit& u, time_point now) const noexcept;
  void prepare_controls(session& s);
  void send_closes(session& s);
  void send_sync(session& s, pipeline_group g, pipeline_unit* lone = nullptr);
  bool taken(bool accepted, pipeline_op&& op);
  void take_back(units& chosen);
  bool must_wait(time_point now);

  // -- settling (pipeline_settle.cpp) -------------------------------------------------------------------------------
  void on_complete(const pipeline_op& op, wire_result&& x, time_point now);
  void on_error(const pipeline_op& op, const server_message& e, time_point now);
  void on_aborted(const pipeline_op& op);
  void on_sync(char transaction_status, time_point now);
  void on_error_at_sync(const server_message& e, time_point now);
  void settle_error(pipeline_unit& u, const server_message& e, const pipeline_op& op, time_point now);
  void settle_done(pipeline_unit& u, time_point now);
  void settle_failed(pipeline_unit& u, failure f, time_point now);
  void settle_moved(pipeline_unit& u, failure f);
  void settle_taken_back(pipeline_unit& u, std::string_view where, time_point now);
  bool settle_if_too_large(pipeline_unit& u, time_point now);
  void mark_resend(pipeline_unit& u);
  void repeat_or_reject(pipeline_unit& u, const server_message& e, std::uint32_t index, time_point now);
  void replan_or_reject(pipeline_unit& u, const server_message& e, const pipeline_op& op, time_point now);
  void finish_group(const pipeline_group& g, char transaction_status, time_point now);
  void note_pace(const pipeline_group& g, time_point now);
  void forget_prepare(const pipeline_op& op);
  bool forget_all(const pipeline_op& op);
  bool in_failed_block() const noexcept;
  failure describe(const pipeline_unit& u, outcome kind, const server_message& e, std::uint32_t index) const;
  failure blank(outcome kind, cause why) const;
  // -- tokens (pipeline_token.cpp) ---------------------------------------------------------------------------------
  bool settle_token(pipeline_unit& u, const server_message& e, const pipeline_op& op, time_point now);
  void settle_asked(pipeline_unit& u, time_point now);
  void settle_position(pipeline_unit& u, const result& position, time_point now);

  // -- time (pipeline_machine.cpp) ----------------------------------------------------------------------------------
  pipeline_unit* head() noexcept;
  const pipeline_unit* head() const noexcept;
  void expire_waiting(time_point now);
  void expire_sent(time_point now);
  void expire_one(pipeline_unit& u, time_point now);

  // -- cancels (pipeline_cancel.cpp) --------------------------------------------------------------------------------
  void aim_cancel(pipeline_unit& u, cause why, time_point now);
  pipeline_unit* running() noexcept; ///< The unit that the server is at, answered already or not.
  bool leftovers() const noexcept;
  bool cancel_struck() noexcept;
  void lose(std::string reason);
  void moved_head(time_point now);
  void cancel_overdue(time_point now);
  template <class Predicate>
  pipeline_unit* find_in_front(Predicate wanted) noexcept;
  pipeline_unit* overdue(time_point now) noexcept;

  pool_options limits_;
  bool overtaken_ = false; ///< Reads have left in front of the writes that wait at the head.
  std::shared_ptr<pace_book> pace_;
  std::shared_ptr<pool_meter> meter_;
  std::string server_;
  statement_cache cache_;
  control_statements controls_;
  units waiting_;
  units sent_;
  units spare_;          ///< Used nodes, kept so that the steady state allocates none.
  std::size_t live_ = 0; ///< Units in `sent_` that are not settled.
  std::deque<pipeline_op> ops_;
  std::deque<pipeline_group> groups_;
  pipeline_effects effects_;
  time_point last_activity_{};
  time_point head_since_{};
  bool any_expired_ = false; ///< Perhaps one of `sent_` was answered while the server was still at it.
  time_point group_since_{}; ///< Since when the first group is the first, or on the wire.
  bool open_ = false;
  bool want_rollback_ = false;   ///< A Sync left the session in a (failed) transaction.
  bool refused_ = false;         ///< The session takes no more: it is lost, and says so soon.
  bool restore_timeout_ = false; ///< The session's statement_timeout is not its own.
  bool validating_ = false;
  time_point validation_ends_{};
  bool fatal_seen_ = false; ///< A FATAL answered one operation: what stands behind it provably never ran.

  enum class cancel_state : std::uint8_t { none, requested, delivered };
  cancel_state cancel_ = cancel_state::none;
  time_point cancel_since_{};
  time_point stray_until_{};             ///< Until then a 57014 may have been meant for an earlier unit.
  std::optional<time_point> held_until_; ///< What must not be struck by a stray cancel waits for this.
  std::uint8_t rollbacks_struck_ = 0;    ///< How often in a row a cancel struck the ROLLBACK.
  std::uint64_t resent_ = 0;
};

} // namespace tripool
