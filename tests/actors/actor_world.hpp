// The whole of Tripool on CAF's deterministic scheduler: the real actors, three simulated servers, virtual time, and a
// caller that writes down what it was told. A test drives it message by message and compares the answers with what the
// servers' ledgers say happened.
// Knows no actor's inside. Used by the actor tests. TRIPOOL_TEST_LOG=1 in the environment prints the actors' log.
#pragma once

#include "tests/support/catch.hpp"
#include "tests/support/sim_session.hpp"

#include "tripool/actors/environment.hpp"
#include "tripool/actors/protocol.hpp"
#include "tripool/actors/request_observer.hpp"
#include "tripool/actors/status.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tripool {
class secret_store;
}

namespace tripool::test {

/// A caller's request and what it heard. `answers` other than 1 is a broken promise.
struct told {
  std::vector<std::string> texts; ///< Each only once in a test, so that the ledgers can be asked about it.
  access mode = access::write;
  bool repeatable = false;
  time_point asked{};
  time_point deadline{};
  int answers = 0;
  time_point at{}; ///< Of the answer.
  std::optional<reply> done;
  std::optional<failure> failed;

  bool is_done() const noexcept { return done.has_value(); }
  bool is(outcome x) const noexcept { return x == outcome::done ? is_done() : failed && failed->kind == x; }
  /// "done", "not_executed: deadline: ...", or "no answer".
  std::string text() const;
};

using told_ptr = std::shared_ptr<told>;

/// Runs in the caller's actor.
struct call_msg {
  std::function<void(caf::event_based_actor&)> what;
};

/// Sets off an exception in the actor that receives it (see actor_world::strike).
struct poison_msg {};

/// The ways in which an actor can die.
enum class death : std::uint8_t {
  kill,      ///< exit_reason::kill: no handler is asked.
  exit,      ///< An exit message of a stranger.
  exception, ///< A handler throws.
};

/// The three pools, by their index.
enum pool_index : std::size_t { primary = 0, backup = 1, failover = 2 };

/// The default options, with addresses in the simulated network.
options world_options();
/// The same without resilience: the simple pool serves, on the primary.
options switched_off();

/// The world. Its destructor ends all actors, whatever state they are in.
class actor_world {
public:
  /// Starts the servers (db[primary] is the primary, the others its standbys) and the delegate, and lets the actors run
  /// until they rest.
  explicit actor_world(options o = world_options(), bool run_now = true,
                       std::shared_ptr<request_observer> observer = {}, std::uint64_t seed = 7,
                       std::shared_ptr<const secret_store> secrets = {});
  actor_world(const actor_world&) = delete;
  actor_world& operator=(const actor_world&) = delete;
  ~actor_world();

  std::array<sim_server, 3> db;
  environment_ptr env;
  caf::actor delegate;

  // -- time --------------------------------------------------------------------------------------------------------
  time_point now();
  /// Runs one job; false when there is none.
  bool step();
  /// Runs until no job is left. Fails the test when that does not come.
  void run();
  /// Lets virtual time pass: every timer fires at its own moment, and what it sets off runs before the next one.
  void advance(duration x);
  /// Lets virtual time pass at once, as for a process that is stopped: the timers that are due fire, but nobody runs
  /// yet. What is open meanwhile may be answered so much later.
  void skip(duration x);
  /// The latest moment at which a request may be answered: its deadline and its grace, and the time in which nobody ran
  /// that began before that.
  time_point latest_answer(time_point asked, time_point deadline) const;
  std::size_t jobs() const { return sched_->jobs.size(); }

  /// Runs in the caller's actor, when its turn comes.
  void call(std::function<void(caf::event_based_actor&)> what);

  // -- asking ------------------------------------------------------------------------------------------------------
  /// Asks; the answer is written to what is returned. `run` or `advance` afterwards.
  told_ptr ask(statement x);
  told_ptr ask(batch x);
  told_ptr read(std::string text, std::chrono::milliseconds timeout = {});
  told_ptr write(std::string text, std::chrono::milliseconds timeout = {});
  /// All that was asked so far.
  const std::vector<told_ptr>& asked() const noexcept { return asked_; }
  /// What is wrong with the answers so far, one line each; empty when every request was answered once, in time and in
  /// accordance with the servers' ledgers. Requests whose deadline is to come may be unanswered.
  std::string broken_promises();
  /// How often a statement was committed, on all servers together.
  std::size_t committed(const std::string& text);
  /// How many probes a server has answered.
  std::size_t probes(std::size_t pool) const;

  /// Asks an actor of Tripool a question and returns its answer, or nothing when it has none within two seconds.
  template <class Answer, class Question>
  std::optional<Answer> query(const caf::actor& who, Question question) {
    auto out = std::make_shared<std::optional<Answer>>();
    call([=](caf::event_based_actor& self) {
      self.request(who, caf::infinite, question).then([out](const Answer& x) { *out = x; }, [](const caf::error&) {});
    });
    run();
    for (int i = 0; i < 20 && !*out; ++i) advance(std::chrono::milliseconds{100});
    return *out;
  }
  service_status status();
  /// One pool's part of the service's status, which holds them in no order.
  pool_status pool(std::size_t i);
  topology_msg topology();
  /// The connections of a pool, as it tells.
  std::vector<connection_status> connections(std::size_t pool);

  // -- what befalls the actors -------------------------------------------------------------------------------------
  /// Makes an actor die. It does when its turn comes.
  void strike(const caf::actor& who, death how);
  /// It lives, and opens no message any more.
  static void silence(const caf::actor& who);
  /// How many messages a silent one has left unopened.
  static std::size_t unread(const caf::actor& who);
  /// An actor of the test's own, on the same scheduler; the test ends it.
  template <class T, class... Args>
  caf::actor spawn(Args&&... args) {
    return sys_->spawn<T>(std::forward<Args>(args)...);
  }
  /// Whether an actor has not ended.
  static bool alive(const caf::actor& who);
  /// The actor's name, for example "tripool.pool".
  static std::string name_of(const caf::actor& who);
  /// The actor of Tripool whose turn it is next; invalid when there is none, or it is the test's own.
  caf::actor next_in_line();
  /// Ends the delegate, and with it the rest; returns how many of Tripool's actors live on after a minute.
  std::size_t end(death how = death::exit);
  /// Ends everybody at once, as the destructor does: nothing runs any more afterwards.
  void close();

private:
  told_ptr note(std::vector<std::string> texts, access mode, bool repeatable, std::chrono::milliseconds timeout);
  std::string complaint(const told& x);
  void sweep();

  caf::actor_system_config cfg_;
  sim_network net_;
  std::unique_ptr<caf::actor_system> sys_;
  caf::scheduler::test_coordinator* sched_ = nullptr;
  caf::actor caller_;
  std::vector<told_ptr> asked_;
  std::vector<std::pair<time_point, duration>> skips_; ///< When, and for how long, nobody ran.
};

} // namespace tripool::test

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::test::call_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::test::poison_msg)
