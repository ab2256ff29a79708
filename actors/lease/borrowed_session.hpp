// A session in a borrower's hands, as an actor: the base of leases, transactions, streams and COPY. It drives the
// session alone, answers the borrower's commands, and gives the session back to its connection when the borrower is
// done, dead, out of time, or has dropped its handle - clean, or closed.
//
//   opening -> lent -> (rolled back, reset) -> given back, or lost -> ends when nobody has the handle any more
//
// Holds no policy: what may be asked and what an answer proves is lease_machine's. A connection moves its session here;
// when the connection dies, this ends at once, so that no pool has more sessions than it may.
#pragma once

#include "tripool/actors/environment.hpp"
#include "tripool/actors/lease/lent_session.hpp"
#include "tripool/actors/loop_actor.hpp"
#include "tripool/actors/protocol_session.hpp"
#include "tripool/actors/responder.hpp"
#include "tripool/actors/status.hpp"
#include "tripool/core/lease/lease_machine.hpp"
#include "tripool/core/statement/check.hpp"

#include <caf/actor_addr.hpp>
#include <caf/message_handler.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tripool {

/// The base. A derived class says which messages it takes (`commands`) and what its handle is (`make_loan`); it asks
/// the session through `ask`, and hears of its beginning and end. Messages of the base: get_status -> lease_status.
class borrowed_session : public loop_actor, private io_handler, protected session_sink {
public:
  /// `order`: answered with the handle when the session is ready; goes elsewhere when it cannot be.
  borrowed_session(caf::actor_config& cfg, environment_ptr env, std::shared_ptr<lent_session> got, request_ptr order,
                   lender from);
  ~borrowed_session() override;

protected:
  // -- what a derived class gives -----------------------------------------------------------------------------------
  /// The messages that its borrower may send. Called once, at the start.
  virtual caf::message_handler commands() = 0;
  /// The answer to the order. `x` has everything that the kinds of handles have in common.
  virtual std::shared_ptr<const loan> make_loan(session_handle x) = 0;
  /// The session is ready: the results of what the order opened with. Called before the order is answered.
  virtual void on_ready_to_use(const std::vector<result>&) {}
  /// Whether the order is answered only by `hand_out` or `refuse_order`.
  virtual bool opens_later() { return false; }
  /// The session has gone, back or lost: whoever waits for something must be answered now. Called once.
  virtual void on_gone() {}
  /// Called in each turn, before the machine sends: for those that drive the session past the machine.
  virtual void on_turn() {}
  /// When it wants a turn of its own, though nothing comes.
  virtual std::optional<time_point> own_wake() const { return std::nullopt; }

  // -- what it may use ----------------------------------------------------------------------------------------------
  /// Makes a request of the message that is being handled and hands it to the machine. Returns what the handler
  /// returns.
  caf::delegated<> ask(lease_task what, statement x, answer_form form, std::string name = {});
  caf::delegated<> ask(batch x);
  /// The same for a statement of the borrower, which is checked first.
  caf::delegated<> ask_checked(statement x, scope where);
  caf::delegated<> ask_checked(batch x, scope where);
  /// Answers the message that is being handled.
  void refuse(failure f);
  /// Until when a message that arrives now, and asks for `timeout` (0: the default), must be answered.
  time_point deadline_for(std::chrono::milliseconds timeout) const;
  /// Takes the session back from the borrower: what was not sent is answered with `why`, what runs is cancelled.
  void take_back(failure why);
  /// Sends, reads and carries out what there is to do; to be called after something was asked outside of a message's
  /// handler. Happens by itself after each batch of messages.
  void turn();

  /// Answers an order that `opens_later`; no effect when it has been answered.
  void hand_out();
  void refuse_order(failure f);
  /// Ends the session at once.
  void close_wire(std::string reason);

  lease_machine& machine() noexcept { return *machine_; }
  /// Null when it has gone.
  session* wire() noexcept { return got_ ? got_->wire.get() : nullptr; }
  const pool_options& limits() const { return config_->pools[from_.pool]; }
  const environment& env() const noexcept { return *env_; }
  /// "app.worker (actor 17)", for people.
  const std::string& borrower() const noexcept { return borrower_name_; }

  // -- session_sink: a derived class that overrides one calls the base's, too ---------------------------------------
  void on_open(const server_info&) override {}
  void on_result(wire_result&& x) override;
  void on_lost(session_loss&& x) override;
  void on_notice(server_message&& x) override;
  void on_notification(std::string_view, std::string_view, std::int32_t) override {}
  void on_parameter(std::string_view name, std::string_view value) override;

private:
  caf::behavior make_behavior() final;
  caf::message_handler own_messages();
  void on_drained() final { turn(); }
  void on_end() final;
  void on_io(bool readable, bool writable) override;

  void ready(bool readable, bool writable);
  void carry_out_effects();
  void open_order(opened_order x);
  void send_cancel();
  void hand_to_borrower(tripool::request& order);
  void give_back();
  void give_up();
  void settle_order();
  void end_if_unused();
  void watch();
  void unwatch() noexcept;
  void warn_if_overdue(time_point t);
  void plan_wake();
  template <class Body>
  request_ptr request_of(Body body, answer_form form);
  lease_status status() const;

  environment_ptr env_;
  answer_home_ptr answers_;                                ///< Of every request on it; none can be rescued.
  std::shared_ptr<const options> config_{env_->current()}; ///< In force when it was lent.
  std::shared_ptr<lent_session> got_;                      ///< Null when it has gone.
  lender from_;
  caf::actor_addr home_addr_;
  caf::actor_addr borrower_;
  std::string borrower_name_;
  std::optional<lease_machine> machine_;
  watch_interest watched_;
  std::optional<session_loss> lost_;
  request_ptr opens_later_;            ///< An order that is answered later.
  std::optional<moved_request> moved_; ///< The order, on its way elsewhere.
  std::string recalled_;               ///< Why the connection wants it back, or empty.
  std::optional<time_point> warn_at_;
  bool flushed_ = true;
  bool unused_ = false; ///< Nobody has the handle, or nobody may use it any more.
};

/// Names whoever holds a session, for people: its name and its number.
std::string describe_actor(const caf::strong_actor_ptr& x);

} // namespace tripool
