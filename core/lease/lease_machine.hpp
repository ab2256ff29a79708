// One borrowed session: what a borrower asks of it runs in its order, each command behind its own Sync, and every
// answer says what the server's answers prove about it and about the transaction around it.
//
//   opening --> ready --release, commit, drop, death, hold limit--> finishing --rolled back, reset--> over
//      \_________\__________ session lost, or not to be cleaned _______\_____________________________> lost
//
// A lost session means for what has no answer: inside an open block not executed, since nobody commits it any more,
// unless a COMMIT was on its way too; without a block, in doubt as any statement alone.
// Knows the session port, no client library and no clock. Driven by borrowed_session (actors/lease).
#pragma once

#include "tripool/core/config/options.hpp"
#include "tripool/core/lease/lease_unit.hpp"
#include "tripool/core/pipeline/statement_cache.hpp"
#include "tripool/core/pool/pool_effects.hpp"
#include "tripool/core/ports/session.hpp"
#include "tripool/core/statement/session_order.hpp"

#include <deque>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tripool {

/// An order whose session is ready, with the results of what it opened with.
struct opened_order {
  request_ptr what;
  std::vector<result> results;
};

/// What the machine wants its actor to do; taken and emptied by `take_effects`.
struct lease_effects {
  std::optional<opened_order> opened{}; ///< Answer it with a handle.
  std::optional<moved_request> moved{}; ///< The order cannot be served here: another pool, or its failure.
  std::vector<trouble_effect> troubles{};
  bool cancel = false;                ///< Send a cancel for whatever runs now.
  std::optional<std::string> close{}; ///< Close the session at once, for this reason.
};

/// The machine. Not thread-safe; every call carries the moment.
class lease_machine {
public:
  enum class phase : std::uint8_t { opening, ready, finishing, over, lost };

  /// `order`: answered through the effects. `statements`: what the session has prepared. `last_activity`: of the
  /// session; one that was idle for long is tried out before it is believed in.
  lease_machine(const pool_options& limits, const server_info& server, statement_cache statements, request_ptr order,
                time_point last_activity, time_point now);

  /// Takes a command, or refuses it at once for the state of things. Commands run in the order in which they came.
  void submit(lease_task what, request_ptr r, std::string name, time_point now);
  /// Sends what may be sent now. `writable` is false while an earlier flush is incomplete.
  void pump(session& s, bool writable, time_point now);
  void on_result(wire_result&& x, time_point now);
  void on_notice(const server_message& x);
  /// A reported setting has changed: whoever asked for what runs hears of it among the notices.
  void on_parameter(std::string_view name, std::string_view value);
  /// The session is lost: everything is answered.
  void on_lost(const session_loss& x, time_point now);
  /// The cancel that was asked for has been delivered (or has failed).
  void cancel_finished(time_point now);
  /// Something arrived: `incoming` is the session's estimate of bytes received for the unfinished answer.
  void received(std::size_t incoming, time_point now);
  void tick(time_point now);
  std::optional<time_point> next_wake() const;

  /// Nobody has the handle any more: what was asked still runs, then the session is given back.
  void dropped();
  /// The borrower is gone, or out of its time: what has not been sent is answered with `why`, what runs is cancelled
  /// unless a COMMIT is on its way, and the session is given back.
  void abandon(failure why, time_point now);
  /// The connection is to close: what runs gets its answer within `cancel_grace`, the rest is answered now.
  void recall(const std::string& reason, time_point now);

  // -- what its owner does past the machine: a COPY -----------------------------------------------------------------
  /// The owner drives the session itself from now on: nothing is sent, and it is not given back. Precondition: nothing
  /// is under way.
  void lend_outside() noexcept { outside_ = true; }
  /// The session is idle again.
  void back_from_outside(char transaction_status) noexcept;
  bool is_outside() const noexcept { return outside_; }
  /// Nobody wants the session any more, or the connection does: the owner is to come to an end.
  bool wanted_back() const noexcept { return input_closed_ || recalled_until_.has_value(); }
  /// Sends a cancel for what the owner does.
  void cancel_outside(time_point now);

  lease_effects take_effects() { return std::exchange(effects_, {}); }

  phase state() const noexcept { return phase_; }
  /// What became of it, for whoever asks after its end: "was committed", "was released", ...
  const std::string& ended_as() const noexcept { return ended_as_; }
  session_purpose purpose() const noexcept { return purpose_; }
  bool reads_only() const noexcept { return reads_only_; }
  bool in_block() const noexcept { return status_ != 'I'; }
  /// The borrower has made the session read-only: that it reports to be so says nothing of the server.
  bool read_only_by_borrower() const noexcept { return read_only_session_; }
  /// For a session that is over: what it has prepared, and whether its state was thrown away.
  statement_cache take_statements() { return std::move(cache_); }
  bool was_reset() const noexcept { return was_reset_; }
  /// The text that runs now, or empty.
  std::string_view current_text() const noexcept;
  /// Since when the borrower has had the session.
  time_point lent_since() const noexcept { return lent_since_; }
  std::size_t commands() const noexcept { return waiting_.size() + sent_.size(); }

private:
  using units = std::list<lease_unit>;
  enum class cancel_state : std::uint8_t { none, requested, delivered };

  // -- what may come (lease_machine.cpp) ----------------------------------------------------------------------------
  std::optional<failure> refusal_of(lease_task what, const std::string& name) const;
  std::optional<failure> refusal_now(const lease_unit& u) const;
  void note_accepted(lease_task what, const std::string& name);
  void refuse_waiting(const failure& why, time_point now);
  void go_on_finishing(time_point now);
  void add_own(lease_task what);

  // -- what was never sent (lease_doom.cpp) -------------------------------------------------------------------------
  std::string_view control_text(lease_task what, const request& r) const noexcept;
  void note_turned_away(lease_task what, const request& r);
  void leave_gap(lease_unit& u) const;
  void pass_gap(const lease_unit& u);
  void doom_block(const std::string& why);
  std::string why_doomed() const;
  void note_late(const lease_unit& u);
  bool answer_void(lease_unit& u, time_point now);
  std::optional<failure> refusal_of_doomed(const lease_unit& u) const;

  // -- the end (lease_machine.cpp) ----------------------------------------------------------------------------------
  void end_with(std::string how);
  void lose(std::string reason);

  // -- sending (lease_send.cpp) -------------------------------------------------------------------------------------
  bool may_send(const lease_unit& u) const;
  void send(session& s, lease_unit& u);
  void send_statements(session& s, lease_unit& u);
  void send_time_limit(session& s);
  void send_statement(session& s, const statement& x, std::uint32_t index);
  void send_control(session& s, const std::string& text);
  void send_closes(session& s);
  bool taken(bool accepted, lease_op&& op);
  void note_traces(lease_unit& u);
  void note_wishes(lease_unit& u);

  // -- settling (lease_settle.cpp, lease_loss.cpp) ------------------------------------------------------------------
  void on_answer(const lease_op& op, wire_result&& x);
  void on_error(const lease_op& op, server_message&& e);
  void settle(lease_unit& u, char before, time_point now);
  void settle_opening(lease_unit& u, time_point now);
  void settle_error(lease_unit& u, char before, time_point now);
  void settle_complete(lease_unit& u, time_point now);
  bool send_again(lease_unit& u, char before);
  void note_status(const lease_unit& u, char before);
  void settle_lost(lease_unit& u, const session_loss& x, bool never_ran, bool open_block, time_point now);
  void lose_opening(const session_loss& x);
  void note(const server_message& x);
  void answer(lease_unit& u);
  void fail(lease_unit& u, failure f, time_point now);
  bool too_large(lease_unit& u, time_point now);
  failure describe(const lease_unit& u, outcome kind, const server_message& e) const;
  failure blank(outcome kind, cause why) const;

  // -- time (lease_time.cpp) ----------------------------------------------------------------------------------------
  void expire_waiting(time_point now);
  void expire_sent(time_point now);
  void expire_opening(time_point now);
  bool commit_on_the_way() const noexcept;
  bool wants_cancel(const lease_unit& u, time_point now) const noexcept;
  void cancel_front(time_point now);
  void moved_head(time_point now);
  std::optional<time_point> front_until() const noexcept;

  pool_options limits_;
  std::string server_;
  statement_cache cache_;
  session_purpose purpose_;
  bool reads_only_ = false;
  bool read_only_block_ = false;   ///< The borrower has made the block that is being sent read-only.
  bool read_only_session_ = false; ///< The borrower has made its session read-only.
  duration hold_max_{0};

  phase phase_ = phase::opening;
  request_ptr order_;   ///< Until it is answered.
  request_ptr release_; ///< Answered when the session is clean, or gone.
  units waiting_;
  units sent_; ///< Each ends with a Sync.
  std::deque<lease_op> ops_;
  lease_effects effects_;

  char status_ = 'I';           ///< After the last Sync that was answered.
  bool asked_to_end_ = false;   ///< A commit, rollback or release was accepted: nothing more is.
  bool outside_ = false;        ///< The owner drives the session past the machine.
  bool input_closed_ = false;   ///< Nobody can ask any more.
  bool abandoned_ = false;      ///< Whatever runs is to be cancelled.
  bool used_ = false;           ///< Something of the borrower's has been sent.
  bool traces_ = false;         ///< It may have left something on the session.
  bool time_limit_set_ = false; ///< The session's statement_timeout is not its own.
  bool was_reset_ = false;
  bool refused_ = false;                ///< The session takes no more: it is lost, and says so soon.
  bool fatal_seen_ = false;             ///< A FATAL answered something: what stands behind it never ran.
  std::string doomed_;                  ///< Why the open block must not be committed any more, or empty.
  std::string void_;                    ///< Why the block that is spoken of was never begun, or empty.
  std::string first_error_;             ///< What the open block failed of.
  std::vector<std::string> savepoints_; ///< As they will be when all that was accepted has run.
  std::string ended_as_;

  time_point head_since_{};
  time_point lent_since_{};
  time_point hold_until_ = time_point::max();
  std::optional<time_point> recalled_until_;
  std::string recall_reason_;

  cancel_state cancel_ = cancel_state::none;
  time_point cancel_since_{};
  time_point stray_until_{}; ///< Until then a 57014 may have been meant for an earlier unit.
};

} // namespace tripool
