// A Tripool on the stage's three servers, and the demonstration on it: workload, incident and display together, then
// the audit. Used by the command `demo`.
#pragma once

#include "service/app/signals.hpp"
#include "service/app/system.hpp"
#include "service/demo/display.hpp"
#include "service/demo/stage.hpp"
#include "service/demo/summary.hpp"

#include "tripool/actors/config/load.hpp"
#include "tripool/actors/instance.hpp"

#include <caf/actor_system.hpp>

#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace tripool::demo {

/// The running Tripool of the demonstration. The stage must outlive it.
class performance {
public:
  /// Why something did not come to its end: a sentence for people. Empty: a signal came.
  using problem = std::string;

  performance(stage& where, loaded_config&& config, std::shared_ptr<spdlog::logger> log, display& out,
              service::signal_watch& signals);

  /// Waits until all three pools serve, and makes the shop's tables. Nothing on success.
  std::optional<problem> prepare();

  /// Runs the workload for `length`, with the crash after a third of it, and counts at the end.
  std::variant<closing, problem> run(duration length);

  /// Shows what happens until a signal comes.
  void watch();

  /// For who looks at it from outside.
  caf::actor_system& system() noexcept { return sys_; }
  const instance& pools() const noexcept { return db_; }

  /// Ends the pools: what is in flight is answered.
  void stop();

private:
  std::optional<problem> wait_until_all_serve();
  std::optional<problem> show_workload(ledger& books, incident& what, time_point start, duration length);
  std::variant<closing, problem> count(ledger& books, const incident& what, time_point start, duration length);

  stage& where_;
  display& out_;
  service::signal_watch& signals_;
  duration drain_;
  service::system_config cfg_;
  caf::actor_system sys_;
  instance db_;
};

} // namespace tripool::demo
