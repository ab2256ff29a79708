// The listener's session: when it is dialled and to which pool, what is sent on it next, when it is checked, and when
// it is given up.
//
//   idle --wanted, a writer, pause over--> dialling --opened--> open --ended, unanswered, moved--> idle
//             (backoff after each failure)                       | LISTEN what is missing, UNLISTEN what is too much,
//                                                                | else a check when nothing was heard for long
//
// What is wanted comes as whole sets, each with a growing generation; a generation is confirmed once all its channels
// are listened to on the present session. Whatever ends a session ends all that was confirmed. Who takes the listener
// up again does so with a new term: then the server is asked anew, since what the session heard before is not theirs.
// Knows no subscribers, no sockets and no clock. Driven by the listener actor.
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/retry/backoff.hpp"
#include "tripool/core/routing/routing.hpp"
#include "tripool/core/time.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tripool {

/// Names of channels, without duplicates.
using channel_set = std::set<std::string, std::less<>>;

/// How the listener's session is kept.
struct listen_limits {
  duration check_interval{std::chrono::seconds{30}}; ///< So long nothing was heard: ask.
  duration answer_within{std::chrono::seconds{2}};   ///< A later answer is no answer: the session is lost.
  duration backoff_min{std::chrono::milliseconds{50}};
  duration backoff_max{std::chrono::seconds{5}};
};

/// Dial a session to the pool's server.
struct dial_session_effect {
  std::size_t pool = 0;
};

/// End the session at once, whatever is on it: `ended` is not awaited.
struct drop_session_effect {
  std::string why;
};

/// Send these statements as one transaction, and report its end by `answered` with the same serial.
struct listen_order_effect {
  std::uint64_t serial = 0;
  std::vector<std::string> statements;
};

/// Every channel of this generation is listened to now, by an order of this term.
struct listening_effect {
  std::uint64_t generation = 0;
  std::uint64_t term = 0;
};

/// Nothing is listened to any more, or it could not be begun. What was sent in the time since the last sign of life of
/// the session may be lost.
struct not_listening_effect {
  std::string why;
  std::string sqlstate;
  duration silent{0}; ///< How long ago the session was last certain to be alive.
};

using listen_effect =
  std::variant<dial_session_effect, drop_session_effect, listen_order_effect, listening_effect, not_listening_effect>;

/// The machine. A plain value; not thread-safe. Events are noted, and `advance` says what follows from them.
class listen_machine {
public:
  enum class phase : std::uint8_t { idle, dialling, open };

  explicit listen_machine(const listen_limits& limits);

  /// Other limits are in force.
  void reconfigure(const listen_limits& limits) noexcept;

  /// The channels that shall be listened to from now on, instead of those before. Generations grow within a term. With
  /// a new term all of them are listened to anew, also where the session does already: once the server has answered,
  /// all that was notified before has been heard.
  void want(std::uint64_t generation, std::shared_ptr<const channel_set> all, std::uint64_t term);
  /// The routing has changed. A session stays where it is while its pool may be written to.
  void route(const routing_table& table, time_point now);
  /// The session that was to be dialled is open.
  void opened(time_point now);
  /// The session is gone, or could not be dialled. `random`: 64 random bits, for the pause.
  void ended(std::string why, std::string sqlstate, time_point now, std::uint64_t random);
  /// An order was answered: carried out, or not (`problem`). Answers of earlier sessions are ignored.
  void answered(std::uint64_t serial, const failure* problem, time_point now, std::uint64_t random);
  /// Another open session has taken the place of the present one, on the same server: everything is listened to anew.
  /// Returns false, and nothing has changed: there is none, or it is about to be left.
  bool replaced(std::string why, time_point now);
  /// A notification came: the session is alive.
  void heard(time_point now);

  /// Decides what to do at this moment; to be called after every event and at `next_wake`.
  std::vector<listen_effect> advance(time_point now, std::uint64_t random);
  /// When `advance` must be called although nothing happens.
  std::optional<time_point> next_wake() const;

  phase state() const noexcept { return phase_; }
  /// The pool that the session is dialled to; meaningless while idle.
  std::size_t pool() const noexcept { return pool_; }
  std::size_t wanted() const noexcept { return wanted_->size(); }
  /// How many channels the present session listens to.
  std::size_t listening() const noexcept { return listening_.size(); }
  time_point last_heard() const noexcept { return heard_at_; }
  /// Whether there is a server that could be listened to.
  bool has_target() const noexcept { return target_.has_value(); }

private:
  /// What is on the wire.
  struct order {
    std::uint64_t serial = 0;
    std::uint64_t generation = 0;
    std::uint64_t term = 0;
    channel_set listens_to; ///< Once it is carried out.
    time_point sent_at;
    bool is_check = false;
  };

  void advance_open(time_point now, std::uint64_t random);
  void send_order(time_point now);
  void send_check(time_point now);
  void drop(std::string why, std::string sqlstate, time_point now, std::uint64_t random, bool pause);
  void close_unused(time_point now);
  void lose(std::string why, std::string sqlstate, time_point now);
  bool unused() const noexcept;

  listen_limits limits_;
  phase phase_ = phase::idle;
  std::size_t pool_ = 0;
  std::shared_ptr<const channel_set> wanted_ = std::make_shared<const channel_set>();
  std::uint64_t generation_ = 0; ///< Of `wanted_`.
  std::uint64_t term_ = 0;       ///< Of who wants it.
  bool anew_ = false;            ///< The session has not been asked in this term.
  std::uint64_t confirmed_ = 0;  ///< The last generation confirmed on this session.
  channel_set listening_;
  std::optional<order> order_;
  std::uint64_t last_serial_ = 0;
  std::optional<std::size_t> target_;
  std::string must_leave_; ///< Why the present session must be given up; empty: it need not.
  bool check_now_ = false;
  time_point heard_at_{};
  time_point dial_at_{};
  backoff pauses_;
  std::vector<listen_effect> effects_;
};

} // namespace tripool
