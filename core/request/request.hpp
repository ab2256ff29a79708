// A request on its way: what was asked, until when, what has been tried, and the one answer that it owes.
// The debt is held by the object itself: a request that is destroyed unanswered hands itself to its responder, so
// that no death of an actor, no dropped message and no forgotten branch can leave a caller without an answer.
// Knows nothing of actors or sockets. Used by pool, pipeline, routing and the actors around them.
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/pool/pace_book.hpp"
#include "tripool/core/request/cancellation.hpp"
#include "tripool/core/result/result.hpp"
#include "tripool/core/statement/session_order.hpp"
#include "tripool/core/statement/statement.hpp"
#include "tripool/core/time.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tripool {

/// What the answer to an order lends: opaque here, an actor's handle in truth. Its end says that nobody has it any
/// more.
class loan {
public:
  virtual ~loan() = default;
};

/// The answer of a request that was done: one result a statement, in their order.
struct reply {
  std::vector<result> results{};
  std::shared_ptr<const loan> lent{}; ///< For an order.
};

/// How far a request has come; decides what may be claimed when its holder dies.
enum class stage : std::uint8_t {
  queued, ///< Never handed to a session since the last attempt that provably did not run.
  sent,   ///< Handed to a session: from here on the server may have run it.
};

class request;

/// The end of a doubt: an answer was lost, and it is known now what became of the request.
struct doubt_settlement {
  std::uint64_t request = 0; ///< As in failure::request.
  std::string name{};
  std::string token{};
  outcome kind = outcome::done; ///< What its caller is told.
  std::string how{};            ///< "applied", "already_applied", "repeated" or "transaction status".
  std::uint32_t attempts = 0;   ///< How often it was handed to a server.
};

/// Where the one answer of a request goes. Implemented by the actors (a response promise) and by tests.
class responder {
public:
  virtual ~responder() = default;
  /// Delivers the answer. Called at most once, then never again.
  virtual void done(reply x) = 0;
  /// The same for the one result of a single statement. The default makes a reply of it.
  virtual void done_single(result x);
  /// Delivers the failure. Called at most once, then never again.
  virtual void failed(failure x) = 0;
  /// The answer that follows is in doubt. Called before it is delivered; the default does nothing.
  virtual void doubtful(const failure& x);
  /// The answer that follows settles the doubt that an earlier attempt had left. The default does nothing.
  virtual void settled(const doubt_settlement& x);
  /// Takes over a request whose holder was destroyed before it was answered. The default answers by its stage:
  /// `not_executed` when it was only queued, `in_doubt` when it had been sent.
  virtual void abandoned(request&& x);
};

/// One move of a request from a place to another, kept for the question "why was this request moved?".
struct move_record {
  std::string_view from; ///< Pool name; points to a name that outlives every request (see pool_name).
  cause why = cause::none;
};

/// Bound of `request::moves`: three attempts in all.
inline constexpr std::size_t attempts_max = 3;

/// The bound of attempts where a write's token makes each of them harmless: it is sent until it is settled or its time
/// is over, at the pace at which servers come back.
inline constexpr std::size_t token_attempts_max = 32;

/// A request. Held by exactly one owner at a time through `request_ptr`; not thread-safe.
class request {
public:
  request(statement&& x, std::unique_ptr<responder> to, time_point arrived, time_point deadline);
  request(batch&& x, std::unique_ptr<responder> to, time_point arrived, time_point deadline);
  request(session_order&& x, std::unique_ptr<responder> to, time_point arrived, time_point deadline);
  request(request&&) noexcept = default;
  request& operator=(request&&) = delete;
  ~request();

  /// The statements in order; one for a plain statement; for an order what it opens with, which may be none.
  std::span<const statement> statements() const noexcept;
  bool is_batch() const noexcept { return std::holds_alternative<batch>(body_); }
  /// The order that it is, or null.
  const session_order* order() const noexcept { return std::get_if<session_order>(&body_); }
  access mode() const noexcept { return mode_; }
  /// Whether running it twice is harmless: a read, or declared so.
  bool repeatable() const noexcept { return repeatable_ || mode_ == access::read; }
  /// The name under which it takes effect once, or empty.
  const std::string& token() const noexcept;
  /// How many of its statements stand in front of the caller's own, with results that the caller does not get.
  std::size_t prologue() const noexcept { return prologue_; }
  /// Why sending it again after its answer was lost does no harm, or `none`.
  proof harmless() const noexcept;
  /// What proves that it left nothing behind, when it is not on the wire: a read may have been.
  proof proof_unsent() const noexcept;
  /// Its token was there: it asks from now on whether it was applied, and nothing else. Precondition: bears a token.
  void ask_for_token();
  bool asks_for_token() const noexcept { return asks_for_token_; }
  /// The answer to that question: the caller's write had been applied before.
  void complete_as_applied();
  /// Whether its result is to say where the log stood after its commit.
  bool reports_position() const noexcept { return report_position_ && !asks_for_token_; }
  /// The position that its server must have reached, or nothing.
  const std::optional<wal_position>& at_least() const noexcept { return at_least_; }
  /// Who goes first where requests wait.
  urgency priority() const noexcept { return priority_; }
  time_point arrived() const noexcept { return arrived_; }
  time_point deadline() const noexcept { return deadline_; }
  std::uint64_t id() const noexcept { return id_; }
  /// Names its texts in the pace book.
  pace_key pace() const noexcept { return pace_; }
  const std::string& wanted_pool() const noexcept;
  const std::string& name() const noexcept;        ///< What the caller called it, or empty.
  const std::string& traceparent() const noexcept; ///< The caller's trace context, or empty.
  /// Whether its caller has taken it back. What is not on the wire is answered then, with `taken_back`.
  bool cancel_wanted() const noexcept { return cancellation && cancellation->wanted(); }

  /// Answers the caller. Precondition: `!answered()`.
  void complete(reply x);
  /// The same, for results whose vector may be used again: a single one leaves it its memory.
  void complete(std::vector<result>& results);
  /// Answers the caller with a failure, completed with attempts and time spent until `now`. Precondition:
  /// `!answered()`.
  void fail(failure x, time_point now);
  bool answered() const noexcept { return to_ == nullptr; }
  /// Releases the debt without an answer: for the responder that takes over an abandoned request.
  std::unique_ptr<responder> release() noexcept { return std::move(to_); }
  void owe(std::unique_ptr<responder> to) noexcept { to_ = std::move(to); }
  /// Where the answer goes; null once it was given.
  const responder* creditor() const noexcept { return to_.get(); }

  // -- what has been tried; public data of the request's history ---------------------------------------------------
  stage progress = stage::queued;
  bool doubted = false;           ///< An attempt was made whose answer was lost: whatever comes later, it may have run.
  bool held_up = false;           ///< It left a connection, where it stood behind a statement that takes long.
  bool offered = false;           ///< Other pools were asked to serve it, as long as its own cannot: once.
  std::uint32_t attempts = 0;     ///< How often it was handed to a server.
  std::uint8_t rescues = 0;       ///< How often its holder died; bounded, so that rescue cannot loop.
  std::uint32_t tried = 0;        ///< Bit i: pool i has been tried.
  std::vector<move_record> moves; ///< At most `attempts_max`; the last one is overwritten.
  time_point queued_at{};         ///< When it entered the present queue.
  time_point dispatched_at{};     ///< When its pool handed it to a connection last.
  std::shared_ptr<cancel_ticket> cancellation; ///< Null: nobody can take it back. Let go with the answer.

private:
  std::variant<statement, batch, session_order> body_;
  std::unique_ptr<responder> to_;
  time_point arrived_;
  time_point deadline_;
  std::uint64_t id_ = 0;
  pace_key pace_ = 0;
  std::uint32_t prologue_ = 0;
  std::uint32_t own_ = 1; ///< Statements of the caller's.
  access mode_;
  bool repeatable_;
  std::optional<wal_position> at_least_;
  urgency priority_ = urgency::normal;
  bool report_position_ = false;
  bool asks_for_token_ = false;
  bool nothing_lost_ = false; ///< It counts as doubted for its token alone, not for a lost answer.

public:
  void set_id(std::uint64_t id) noexcept { id_ = id; }
};

/// The one owner of a request. Shared only in the sense that messages need copyable content; never used by two holders,
/// but that what lies in a message which nobody opens can be answered from outside (handover_book).
using request_ptr = std::shared_ptr<request>;

} // namespace tripool
