// The command `serve`: the pools run until a signal ends them.
#include "service/app/readiness.hpp"
#include "service/app/signals.hpp"
#include "service/app/system.hpp"
#include "service/commands/commands.hpp"

#include "tripool/actors/instance.hpp"

#include <utility>

namespace tripool::service {

int serve(const std::string& file, const std::string& log_level) {
  auto loaded = load_or_complain(file);
  if (!loaded) return 2;
  signal_watch signals;
  auto log = make_log(log_level.empty() ? loaded->options.log_level : log_level);
  const auto drain = loaded->options.drain_timeout;
  system_config cfg;
  caf::actor_system sys{cfg};
  instance_parts parts;
  parts.passwords = std::move(loaded->inline_passwords);
  parts.log = log;
  instance db{sys, std::move(loaded->options), std::move(parts)};
  const bool serves = wait_until_probed(sys, db, std::chrono::seconds{10});
  log->info(serves ? "serving; end with Ctrl-C or SIGTERM" : "no pool can serve yet; probing goes on");
  while (!signals.wait(std::chrono::seconds{3600})) {
    // Waits for the signal; an hour without one is no event.
  }
  log->info("draining");
  db.stop(drain);
  log->info("ended");
  return 0;
}

} // namespace tripool::service
