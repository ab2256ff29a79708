// One write whose COMMIT is to be looked up if its answer is lost: begins a transaction, learns its id, runs the write,
// commits, and asks for the transaction's status until that is known or its time is over.
//
//   beginning -> working -> committing -> (answered)
//       ^____________|            \-> asking -> (answered, or beginning again when it proved to be rolled back)
//
// What a status proves is core's (core/outcome/doubt.hpp). Spawned by the delegate, one for each such write; ends with
// its answer.
#pragma once

#include "tripool/actors/environment.hpp"
#include "tripool/actors/loop_actor.hpp"
#include "tripool/actors/protocol_session.hpp"
#include "tripool/core/outcome/doubt.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tripool {

/// What a resolver is to do.
struct resolved_write {
  batch what;                    ///< The statements; one for a plain statement.
  std::unique_ptr<responder> to; ///< Whom it owes the answer.
  time_point arrived{};
  time_point deadline{};
};

/// The actor. It has no messages but the replies to its own.
class resolver final : public loop_actor {
public:
  resolver(caf::actor_config& cfg, environment_ptr env, caf::actor delegate, std::shared_ptr<resolved_write> what);
  const char* name() const override { return "tripool.resolver"; }

private:
  enum class phase : std::uint8_t { beginning, working, committing, asking, over };

  caf::behavior make_behavior() override;
  void on_end() override;

  void begin();
  void work(transaction_handle x);
  void commit_if_ready();
  void commit();
  void ask_status();
  void judged(const fate_finding& x);
  void failed(std::uint32_t attempt, failure f);
  void begin_again_or(failure f);
  void done();
  void answer(failure f);
  void finish();
  void tell_settled(outcome kind);
  std::chrono::milliseconds time_left() const;

  environment_ptr env_;
  caf::actor delegate_;
  std::shared_ptr<resolved_write> job_;
  phase phase_ = phase::beginning;
  transaction_handle transaction_;
  std::optional<transaction_identity> identity_;
  std::optional<reply> results_;
  std::optional<failure> doubt_; ///< What the lost COMMIT was answered with.
  bool ask_again_ = false;       ///< At the next tick.
  std::uint32_t attempts_ = 0;
};

} // namespace tripool
