// The delegate's part that watches the resilient part and keeps the simple pool: it feeds fallback_machine with who is
// there and who answers, carries out what it decides, and hands requests to the simple pool.
// Holds no policy: fallback_machine decides. Owned by the delegate, and used on its thread only.
#pragma once

#include "tripool/actors/credential_carrier.hpp"
#include "tripool/actors/environment.hpp"
#include "tripool/actors/fallback/protocol_fallback.hpp"
#include "tripool/actors/loop_actor.hpp"
#include "tripool/actors/status.hpp"
#include "tripool/core/retry/restart_budget.hpp"
#include "tripool/core/routing/fallback_machine.hpp"
#include "tripool/core/util/random.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tripool {

/// The desk. `self` outlives it.
class fallback_desk {
public:
  fallback_desk(loop_actor& self, environment_ptr env);

  // -- what the delegate hears of others -----------------------------------------------------------------------------
  void manager_started(const caf::actor& who);
  /// `rests`: it is not started again for a while.
  void manager_died(const std::string& why, bool rests);
  void monitor_is(const caf::actor& who);
  void here(const caf::actor_addr& who);
  void news(const simple_news_msg& x, const caf::actor_addr& who);
  /// Whether it was one of the simple pools.
  bool down(const caf::down_msg& x);

  // -- requests ------------------------------------------------------------------------------------------------------
  /// Whether requests are not to go to the resilient part.
  bool serves() const noexcept { return machine_.mode() != service_mode::resilient; }
  /// Takes a request while `serves()`: for the simple pool, or answers it. `table`: the last one known, or null.
  void accept(request_ptr r, const routing_table* table);
  /// Hands back what it has accepted and not yet sent: whoever serves has changed.
  std::vector<request_ptr> take_waiting() noexcept { return std::exchange(outbox_, {}); }
  /// Requests came for whomever.
  void traffic() noexcept { machine_.traffic(); }
  /// Another configuration is in force. A simple pool that serves keeps what it began with.
  void reloaded() { machine_.ask_when_calm(env_->current()->monitor.heartbeat_interval); }
  void cancel();

  /// The monitor's table is another one: it says who takes writes, which a simple pool is started for; and one whose
  /// server has lost its right to write is cut off from it, with whatever is on its sessions, as the resilient part's
  /// pool is.
  void routed(const routing_table& table);

  /// Does what is due. `table`: as above. Returns what has changed, if the mode has.
  std::optional<fallback_event> advance(const std::shared_ptr<const routing_table>& table,
                                        const std::shared_ptr<const secret_store>& secrets);
  /// Sends what has been accepted, after a batch of messages. Returns when `advance` is due.
  std::optional<time_point> flush();

  /// Takes nothing new and ends its simple pools; `empty` then tells when.
  void drain(duration limit);
  bool empty() const noexcept { return !simple_ && retiring_.empty(); }
  void end();

  // -- what it tells -------------------------------------------------------------------------------------------------
  /// The simple pool's actors while it serves; for listening and inspection.
  const simple_news_msg& simple() const noexcept { return news_; }
  const caf::actor& simple_actor() const noexcept { return simple_; }
  /// A table that sends everything to it.
  std::shared_ptr<const routing_table> simple_table() const;
  fallback_status status() const;

private:
  /// A simple pool that finishes what it has.
  struct retiring_pool {
    caf::actor who;
    std::size_t server = 0; ///< Index of the pool whose server it has.
    bool fenced = false;
  };

  void fence(const caf::actor& who, std::size_t server, bool& fenced, const routing_table& table);
  void start_simple(const routing_table* table, const secret_store& secrets);
  void retire_simple();
  std::optional<failure> refusal(const tripool::request& r, const routing_table* table) const;
  std::string server_name() const;

  loop_actor& self_;
  environment_ptr env_;
  fallback_machine machine_;
  restart_budget budget_; ///< Of the simple pool.
  splitmix64 random_;
  caf::actor manager_;
  caf::actor monitor_;
  caf::actor simple_;
  std::optional<std::size_t> last_writer_; ///< Index of the pool that took writes last.
  std::size_t server_ = 0;                 ///< Index of the pool whose server it has.
  bool fenced_ = false;                    ///< That one is known to be a ghost.
  std::vector<retiring_pool> retiring_;
  simple_news_msg news_;
  std::optional<time_point> simple_start_at_;
  std::vector<request_ptr> outbox_;
  std::uint64_t accepted_ = 0;
  std::uint64_t refused_ = 0;
  bool draining_ = false;
};

} // namespace tripool
