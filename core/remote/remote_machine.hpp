// A caller's view of several Tripool nodes: to which of them a call goes, when a lost link is dialled again, and what a
// call that was on a lost link may still claim.
//
//   down --dial is due--> dialling --welcome--> up;   dialling --failed, or too long--> down, with a longer pause
//   up --link lost, or silent for silence_max--> down
//
// A call is sent to one node at a time. It is answered by that node; or it provably was not sent; or the link broke
// after sending: then it is sent elsewhere if that is harmless, else it is in doubt. Every call ends by its deadline,
// plus `grace` if it was sent.
// Knows neither actors nor messages; randomness and time are arguments. Used by remote_delegate.
#pragma once

#include "tripool/core/listen/subscription_limits.hpp"
#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/retry/backoff.hpp"
#include "tripool/core/time.hpp"
#include "tripool/core/util/random.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace tripool {

/// What a caller's proxy may hold and wait for.
struct remote_limits {
  std::size_t calls_max = 10'000; ///< Unanswered calls; further ones are answered `not_executed` at once.
  std::uint32_t attempts_max = 3; ///< Nodes that a call is sent to at most, each after proof or without harm.
  duration dial_timeout = std::chrono::seconds{5};
  duration backoff_min = std::chrono::milliseconds{50}; ///< Before a node is dialled again, with full jitter ...
  duration backoff_max = std::chrono::seconds{5};       ///< ... doubling up to this.
  duration ping_pause = std::chrono::seconds{1};
  duration silence_max = std::chrono::seconds{3};      ///< A link without a sign of life for this long is given up.
  std::size_t call_bytes_max = std::size_t{60} << 20U; ///< Of one call; below what a node's guard lets pass, 64 MB.
  duration grace = std::chrono::milliseconds{250};     ///< What a node's answer may come after the deadline.
  subscription_limits subscriptions{100, 10'000};      ///< To notifications; a node takes 100 channels by default.
  std::size_t watchers_max = 64;                       ///< Actors that hear of doubts and events.
};

using call_id = std::uint64_t;
using node_index = std::size_t;

/// Dial this node; the answer comes as `welcomed` or `lost`.
struct dial_node_effect {
  node_index node = 0;
};
/// Give up the link, or the dial.
struct drop_node_effect {
  node_index node = 0;
  std::string why;
};
/// Ask the node for a sign of life.
struct ping_node_effect {
  node_index node = 0;
};
/// Send the call to that node, with this much time left.
struct send_call_effect {
  call_id id = 0;
  node_index node = 0;
  duration left{0};
};
/// Answer the call; it is forgotten.
struct fail_call_effect {
  call_id id = 0;
  failure why;
};
using remote_effect =
  std::variant<dial_node_effect, drop_node_effect, ping_node_effect, send_call_effect, fail_call_effect>;

/// What the machine must know of a call.
struct remote_call {
  time_point deadline{};
  bool harmless = false; ///< Sending it again after a lost answer does no harm.
  bool write = true;
  std::optional<node_index> only{}; ///< It belongs to a session there: no other node can serve it.
};

/// One node, for people.
struct remote_node_status {
  std::string name;  ///< host:port
  std::string state; ///< down, dialling, up
  std::size_t outstanding = 0;
  std::uint64_t dials = 0;
  std::uint64_t losses = 0;
  std::string last_problem;
};

/// The machine. Moments must not go backwards. Effects are appended to `out`.
class remote_machine {
public:
  using effects = std::vector<remote_effect>;

  /// `names`: the nodes, "host:port".
  remote_machine(std::vector<std::string> names, remote_limits limits, std::uint64_t seed, time_point now);

  /// A call comes.
  void submit(call_id id, const remote_call& x, time_point now, effects& out);
  /// Its answer has come from `node`; returns whether it is expected, and forgets it.
  bool answered(call_id id, node_index node);
  /// The node did not take it, and proves that it did not run: another may. Returns false when none can; then it is
  /// forgotten, and its failure is the answer.
  bool turned_away(call_id id, node_index node, time_point now, effects& out);
  /// Its caller takes it back: if no node has it, it is forgotten and its failure is the answer.
  void withdraw(call_id id, effects& out);
  /// Whether an attempt was made whose answer was lost: a write that later fails may have run.
  bool doubted(call_id id) const noexcept;

  /// The node is there and takes calls.
  void welcomed(node_index node, time_point now, effects& out);
  /// It could not be dialled, or its link broke. Harmless when it is down already.
  void lost(node_index node, std::string why, time_point now, effects& out);
  /// It gave a sign of life.
  void heard(node_index node, time_point now) noexcept;

  /// Does what is due.
  void tick(time_point now, effects& out);
  std::optional<time_point> next_wake() const noexcept;

  bool up(node_index node) const noexcept { return nodes_[node].what == state::up; }
  /// All that are up.
  std::vector<node_index> all_up() const;
  /// When it last gave a sign of life; for one that was up.
  time_point last_heard(node_index node) const noexcept { return nodes_[node].heard; }
  std::size_t calls() const noexcept { return calls_.size(); }
  std::vector<remote_node_status> status() const;

private:
  enum class state : std::uint8_t { down, dialling, up };
  struct node_record {
    explicit node_record(std::string its_name, const remote_limits& x)
      : name(std::move(its_name)), pauses(x.backoff_min, x.backoff_max) {}
    std::string name;
    backoff pauses;
    state what = state::down;
    time_point due{};   ///< Down: when to dial; dialling: until when; up: when to ask.
    time_point heard{}; ///< Up: the last sign of life.
    std::size_t outstanding = 0;
    std::uint64_t dials = 0;
    std::uint64_t losses = 0;
    std::string problem;
  };
  using deadline_map = std::multimap<time_point, call_id>;
  struct call {
    remote_call what;
    deadline_map::iterator timer{};
    std::optional<node_index> at; ///< Where it has been sent.
    std::uint32_t attempts = 0;
    std::uint64_t tried = 0; ///< Bit i: node i has had it.
    bool doubted = false;
  };

  std::optional<node_index> choose(const call& x);
  void send(call_id id, call& x, node_index to, time_point now, effects& out);
  void place(call_id id, call& x, time_point now, effects& out);
  void forget(call_id id);
  void fail(call_id id, failure why, effects& out);
  void set_timer(call_id id, call& x, time_point when);
  failure nobody(const call& x) const;
  failure broken(const call& x, const node_record& n) const;
  failure expired(const call& x) const;

  remote_limits limits_;
  splitmix64 random_;
  std::vector<node_record> nodes_;
  std::map<call_id, call> calls_;
  std::set<call_id> waiting_; ///< Those that no node has; numbered in the order in which they came.
  deadline_map deadlines_;    ///< Of all calls, with the grace of those that a node has.
};

} // namespace tripool
