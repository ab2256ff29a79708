// The command `serve`: the pools run until a signal ends them; SIGHUP loads the configuration again. With --http there
// is an endpoint to look at it and, if allowed, to order it about.
#include "service/app/log.hpp"
#include "service/app/readiness.hpp"
#include "service/app/service_manager.hpp"
#include "service/app/signals.hpp"
#include "service/app/system.hpp"
#include "service/commands/commands.hpp"
#include "service/commands/listen.hpp"
#include "service/commands/operate.hpp"
#include "service/http/access.hpp"
#include "service/http/http_server.hpp"

#include "tripool/actors/instance.hpp"
#include "tripool/actors/slow_statement_log.hpp"

#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

namespace tripool::service {

namespace {

/// The endpoint with what it needs. Empty when none is wanted.
struct endpoint {
  std::unique_ptr<observer> eyes;
  std::unique_ptr<http_server> server; ///< Ends before the eyes.
};

/// Reads what the command line says of the endpoint. Nothing: it is wrong, which was said.
std::optional<http_options> read_options(const serve_http_options& how) {
  http_options out;
  std::string problem;
  const auto at = read_http_address(how.at, problem);
  if (!at) {
    std::fprintf(stderr, "tripool: --http %s: %s\n", how.at.substr(0, 200).c_str(), problem.c_str());
    return std::nullopt;
  }
  out.at = *at;
  auto token = load_token(how.token_file, problem);
  if (!token) {
    std::fprintf(stderr, "tripool: %s\n", problem.c_str());
    return std::nullopt;
  }
  out.token = std::move(*token);
  out.control = how.control;
  out.version = TRIPOOL_VERSION;
  return out;
}

} // namespace

int serve(const std::string& file, const std::string& log_level, const serve_http_options& http,
          const listen_arguments& listen) {
  auto loaded = load_or_complain(file);
  if (!loaded) return 2;
  std::optional<http_options> endpoint_options;
  if (!http.at.empty() && !(endpoint_options = read_options(http))) return 2;
  const service_manager manager; // Before there is a second thread.
  signal_watch signals{true};
  const auto lines =
    make_service_log(log_level.empty() ? loaded->options.log_level : log_level, http.log_format == "json");
  const log_end last{lines}; // After the actors.
  const auto& log = lines.log;
  const auto drain = loaded->options.drain_timeout;
  system_config cfg;
  std::optional<listen_options> nodes;
  if (!listen.address.empty() && !(nodes = listening_or_complain(listen, cfg))) return 2;
  caf::actor_system sys{cfg};
  instance_parts parts;
  parts.passwords = std::move(loaded->inline_passwords);
  parts.log = log;
  if (http.slow_ms > 0)
    parts.observer = std::make_shared<slow_statement_log>(log, std::chrono::milliseconds{http.slow_ms});
  instance db{sys, std::move(loaded->options), std::move(parts)};
  if (nodes && !publish_or_complain(sys, db, *nodes, *log)) return 1;
  const auto reload = [&] { return reload_from(sys, db.delegate(), file); };
  endpoint web;
  if (endpoint_options) {
    endpoint_options->reload = reload;
    endpoint_options->log_lines_dropped = lines.dropped;
    std::string problem;
    web.eyes = std::make_unique<observer>(sys, db);
    web.server = http_server::start(*web.eyes, std::move(*endpoint_options), problem);
    if (!web.server) {
      std::fprintf(stderr, "tripool: --http: %s\n", problem.c_str());
      return 1;
    }
    log->info("the status page is at {}/", web.server->at().url());
  }
  const bool serves = wait_until_probed(sys, db, std::chrono::seconds{10});
  log->info(serves ? "serving; end with Ctrl-C or SIGTERM" : "no pool can serve yet; probing goes on");
  manager.ready(serves ? "serving" : "no pool can serve yet; probing goes on");
  const auto pace = manager.pace().value_or(std::chrono::hours{1});
  for (;;) {
    const auto signal = signals.wait(pace);
    if (!signal) { // Alive is who still answers: a loop that hangs is to be started again.
      if (manager.pace() && ask_status(sys, db, pace)) manager.alive();
      continue;
    }
    if (*signal != SIGHUP) break;
    const auto x = reload();
    log->log(x.done ? spdlog::level::info : spdlog::level::err, "SIGHUP: {}{}{}", x.text, x.hint.empty() ? "" : "; ",
             x.hint);
  }
  log->info("draining");
  manager.stopping("draining");
  if (web.server) web.server->begin_to_end();
  db.stop(drain);
  web.server.reset();
  log->info("ended");
  return 0;
}

} // namespace tripool::service
