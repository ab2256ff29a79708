// One credential: when to ask its sources, what to lend to a dial, and what a server's refusal means.
// A pure machine: events and moments in, effects out; randomness and the numbers of changes are arguments. It holds
// secrets and hands them to nobody but in a lend_effect; it asks no source itself. Used by the credential carrier.
//
//   unknown --want--> (asking) --found--> known --refused--> doubted --(asking) another one--> known
//                        |                  |                   \--(asking) the same--> doubted, asked again soon
//                        \--failed--> failing: the last known good one is lent, or nothing; asked again soon
//   known --expiry is near, or its check is due--> (asking) --another one--> known, and `changed`
//
// One question at a time: whoever wants a lease meanwhile waits for its answer. A fixed or cheap source is asked at
// each dial; a costly one only when there is nothing, when its secret is about to expire, was refused, or on request.
#pragma once

#include "tripool/core/ports/credential_source.hpp"
#include "tripool/core/time.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace tripool {

/// Pauses between questions while something is wrong: so long at first, longer after each twenty of them, and never
/// longer than `ask_pause_max`, so that a refusal is followed by a question within that time however long it lasts.
inline constexpr duration ask_pause_cheap = std::chrono::milliseconds{200};
inline constexpr duration ask_pause_costly = std::chrono::milliseconds{500};
inline constexpr duration ask_pause_max = std::chrono::seconds{1};

/// How a credential is looked after.
struct credential_limits {
  duration keep_max{0};       ///< The last known good one is lent for so long after it was; 0: never.
  duration check_interval{0}; ///< Cheap sources are asked so often without an occasion; 0: never.
};

/// A secret with what is known of it. Immutable, shared with the dials that it is lent to.
struct held_credential {
  credential_material what;
  std::string source;
  std::uint64_t generation = 0;
  source_pace pace = source_pace::cheap;
  time_point since{}; ///< Since when this secret is the present one.
  std::optional<time_point> expires;
};
using held_ptr = std::shared_ptr<const held_credential>;

/// What all sources together said.
struct fetch_result {
  source_answer::kind what = source_answer::kind::nothing;
  credential_material found;
  std::string source; ///< Which had it, for people.
  source_pace pace = source_pace::fixed;
  bool costly = false; ///< A costly source was asked.
  std::string problem; ///< Of those that failed; may stand beside a secret that another source had.
};

/// Names who waits for a lease or a refresh; chosen by the machine's owner, never reused while it waits.
using credential_ticket = std::uint64_t;

/// Ask the sources, and answer with `fetched`.
struct fetch_effect {
  std::uint64_t flight = 0;
};
/// Lend this.
struct lend_effect {
  credential_ticket ticket = 0;
  held_ptr what;
  bool emergency = false; ///< Not what the sources say at present, but what was good last.
};
/// There is nothing to lend.
struct deny_effect {
  credential_ticket ticket = 0;
  std::string why;
};
/// Another secret is in force: old connections are to be replaced.
struct changed_effect {
  std::uint64_t generation = 0;
};
/// A secret can be had again: who waits to dial need not wait longer.
struct available_effect {};
/// A server has refused a secret that it had not refused before.
struct login_refused_effect {
  std::size_t pool = 0;
  std::string sqlstate;
  bool present = false; ///< The present secret; else the last known good one.
};
/// The sources were asked on request.
struct refreshed_effect {
  credential_ticket ticket = 0;
  bool changed = false;
  bool failed = false; ///< They have no secret although they should.
  std::string problem; ///< Of those that failed; may stand beside a secret that another one had.
};
using credential_effect = std::variant<fetch_effect, lend_effect, deny_effect, changed_effect, available_effect,
                                       login_refused_effect, refreshed_effect>;

/// What servers think of the present secret.
enum class credential_verdict : std::uint8_t { unknown, accepted, refused };

/// What is known of a credential, without it.
struct credential_snapshot {
  std::string source;
  bool available = false; ///< There is something to lend.
  credential_verdict verdict = credential_verdict::unknown;
  bool emergency = false; ///< The last lease was of the last known good one.
  std::uint64_t generation = 0;
  std::uint64_t leases = 0;
  std::uint64_t fetches = 0;
  std::uint64_t changes = 0;          ///< How often the secret was another than before.
  duration age{0};                    ///< Since the secret changed last.
  std::optional<duration> expires_in; ///< Negative: it has expired.
  std::string last_error;             ///< Empty when nothing is wrong.
};

/// What a machine knows that the next one of the same credential would have to learn anew, or could not. Holds secrets.
struct credential_memory {
  held_ptr current;
  held_ptr good;
  time_point good_at{};
};

/// The machine of one credential. Moments must not go backwards; effects are appended to `out`. Call `tick` at
/// `next_wake()`.
class credential_machine {
public:
  using effects = std::vector<credential_effect>;

  explicit credential_machine(credential_limits limits) noexcept : limits_(limits) {}

  /// A dial to the server of this pool wants a lease: exactly one lend_effect or deny_effect comes.
  void want(credential_ticket who, std::size_t pool, time_point now, effects& out);
  /// Somebody wants the sources to be asked now: exactly one refreshed_effect comes.
  void want_refresh(credential_ticket who, time_point now, effects& out);
  /// Whether this answer brings another secret than the present one: then `fetched` needs a new generation.
  bool would_change(const fetch_result& x) const noexcept;
  /// The sources' answer. `generation`: the number of this change, if it is one. Answers of other flights are ignored.
  void fetched(std::uint64_t flight, fetch_result x, std::uint64_t generation, time_point now, std::uint64_t random,
               effects& out);
  /// The server of this pool refused a dial with the secret of that generation.
  void refused(std::size_t pool, std::uint64_t generation, const std::string& sqlstate, time_point now, effects& out);
  /// The server of this pool accepted a dial with the secret of that generation. Returns whether it had refused one
  /// since it accepted one last.
  bool accepted(std::size_t pool, std::uint64_t generation, time_point now);
  /// Does what is due.
  void tick(time_point now, effects& out);
  /// When `tick` must be called next.
  std::optional<time_point> next_wake() const;

  /// For the machine after this one, in an owner that is started again; nothing where nothing may be kept.
  credential_memory memory() const;
  /// Goes on where another machine ended: its last known good secret may be lent, and the sources, which are asked at
  /// once, may tell of a change since. To be called before anything else.
  void recall(const credential_memory& x, time_point now);

  credential_snapshot snapshot(time_point now) const;
  /// What was wrong with the sources when they were asked last; empty: nothing.
  const std::string& problem() const noexcept { return problem_; }
  /// Who waits for the sources' answer, for an owner that ends.
  std::vector<credential_ticket> waiting() const;

private:
  struct refusal {
    std::uint64_t generation = 0;
    std::string sqlstate;
  };
  struct waiter {
    credential_ticket who = 0;
    std::size_t pool = 0;
  };

  void ask(time_point now, effects& out);
  void answer(const waiter& x, time_point now, effects& out);
  void take(fetch_result&& x, std::uint64_t generation, time_point now, std::uint64_t random, effects& out);
  void answer_all(bool changed, time_point now, effects& out);
  void pause(time_point now) noexcept;
  held_ptr choose(std::size_t pool, time_point now) const;
  bool is_good(time_point now) const;
  const refusal* refusal_of(std::size_t pool, std::uint64_t generation) const;
  bool doubted() const;
  bool lendable_unasked(std::size_t pool, time_point now) const;

  credential_limits limits_;
  held_ptr current_;
  held_ptr good_;        ///< What a server accepted last ...
  time_point good_at_{}; ///< ... and when it was known to be good last.
  std::map<std::size_t, std::vector<refusal>> refusals_;
  std::set<std::size_t> shut_out_; ///< Pools whose server has refused a secret, and accepted none since.
  std::optional<std::uint64_t> flight_;
  std::uint64_t last_flight_ = 0;
  std::vector<waiter> waiting_;
  std::vector<credential_ticket> refreshing_;
  bool failing_ = false; ///< The last answer was no secret although there should be one.
  bool costly_ = false;
  bool emergency_ = false;
  std::uint32_t tries_ = 0; ///< Answers in a row that did not help.
  time_point not_before_ = time_point::min();
  std::optional<time_point> refresh_at_;
  std::optional<time_point> check_at_;
  std::string problem_;
  std::uint64_t leases_ = 0;
  std::uint64_t changes_ = 0;
};

} // namespace tripool
