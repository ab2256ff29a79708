// The command `demo`: the stage, a Tripool on it, the demonstration or just serving, and the end of all of it.
#include "service/app/log.hpp"
#include "service/app/signals.hpp"
#include "service/commands/commands.hpp"
#include "service/demo/display.hpp"
#include "service/demo/performance.hpp"
#include "service/demo/stage.hpp"
#include "service/demo/summary.hpp"
#include "service/http/http_server.hpp"
#include "service/http/observer.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace tripool::service {

namespace {

constexpr int failed = 1;

/// Makes the stage on another thread, so that a signal is heard meanwhile. Nothing: a problem or a signal, which was
/// said.
std::optional<demo::stage> make_stage(const std::string& folder, signal_watch& signals) {
  auto making = std::async(std::launch::async, [&folder] { return demo::make_stage(folder); });
  bool interrupted = false;
  while (making.wait_for(std::chrono::seconds{0}) != std::future_status::ready) {
    if (!signals.wait(std::chrono::milliseconds{20})) continue;
    if (interrupted) {
      std::fputs("tripool: interrupted again; the guardian of the servers removes them\n", stderr);
      ::_exit(failed); // The guardian does the rest: its line to us closes.
    }
    interrupted = true;
    std::fputs("tripool: interrupted; the servers are stopped as soon as they stand\n", stderr);
  }
  auto made = making.get();
  if (!made) std::fprintf(stderr, "tripool: %s\n", to_string(made.error()).c_str());
  if (!made || interrupted) return std::nullopt;
  return std::move(*made);
}

/// The path of this program, for command lines that others can copy.
std::string own_path() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "tripool" : path.string();
}

void show_servers(const demo::stage& where, demo::display& out) {
  for (std::size_t i = 0; i < where.servers.size(); ++i) {
    const auto at = where.servers.at(i);
    auto name = std::string{demo::pool_names[i]};
    name.resize(10, ' ');
    out.line("  pool " + name + "-> " + where.servers.name(i) + " at " + at.host + ":" + std::to_string(at.port)
             + (i == 0 ? ", the primary" : ", a standby"));
  }
}

void show_hints(const demo::stage& where, demo::display& out) {
  const auto at = where.servers.at(0);
  const auto file = where.config_file.string();
  out.line("");
  out.line("Serving until Ctrl-C. The configuration, for other commands and programs:");
  out.line("  " + file);
  out.line("Ask through Tripool:");
  out.line(R"(  echo '{"id": 1, "kind": "read", "sql": "select count(*) from orders"}' | )" + own_path()
           + " pipe --config " + file);
  out.line("Ask a server:");
  out.line("  PGPASSWORD=$(cat " + where.password_file.string() + ") psql -h " + at.host + " -p "
           + std::to_string(at.port) + " -U " + where.user + " " + where.database);
  out.line("");
}

int complain(const std::string& why) {
  if (why.empty()) {
    std::fputs("tripool: interrupted; everything that was started is being stopped\n", stderr);
  } else {
    std::fprintf(stderr, "tripool: %s\n", why.c_str());
  }
  return failed;
}

/// The status page of the demonstration.
struct page {
  std::unique_ptr<observer> eyes;
  std::unique_ptr<http_server> server; ///< Ends before the eyes.

  bool open(demo::performance& tripool, const http_address& at, demo::display& out) {
    http_options how;
    how.at = at;
    how.version = TRIPOOL_VERSION;
    std::string problem;
    eyes = std::make_unique<observer>(tripool.system(), tripool.pools());
    server = http_server::start(*eyes, std::move(how), problem);
    if (server) {
      out.line("The status page is at " + server->at().url() + "/");
    } else {
      std::fprintf(stderr, "tripool: --http: %s\n", problem.c_str());
    }
    return server != nullptr;
  }
};

int perform(demo::performance& tripool, demo::display& out, double seconds) {
  out.line("");
  const auto length = std::chrono::duration_cast<duration>(std::chrono::duration<double>(seconds));
  auto ended = tripool.run(length);
  if (const auto* why = std::get_if<std::string>(&ended)) return complain(*why);
  const auto& x = std::get<demo::closing>(ended);
  for (const auto& line : demo::summarize(x)) out.line(line);
  const auto checks = demo::checks_of(x);
  const bool held = std::all_of(checks.begin(), checks.end(), [](const auto& c) { return c.held; });
  return held ? 0 : failed;
}

} // namespace

int demo(const demo_options& o) {
  std::string wrong;
  const auto page_at = o.http.empty() ? std::optional<http_address>{} : read_http_address(o.http, wrong);
  if (!wrong.empty()) {
    std::fprintf(stderr, "tripool: --http: %s\n", wrong.c_str());
    return 2;
  }
  signal_watch signals;
  demo::display out{stdout};
  out.line("Making a private PostgreSQL: a primary and two standbys, with synchronous replication.");
  auto where = make_stage(o.state_directory, signals);
  if (!where) return failed;
  show_servers(*where, out);
  auto config = load_or_complain(where->config_file.string());
  if (!config) return failed;
  const auto log = make_service_log(o.log_level, false);
  const log_end last{log};
  demo::performance tripool{*where, std::move(*config), log.log, out, signals};
  page status;
  if (page_at && !status.open(tripool, *page_at, out)) return failed;
  if (const auto why = tripool.prepare()) return complain(*why);
  int code = 0;
  if (o.serve) {
    show_hints(*where, out);
    tripool.watch();
    out.line("Ending.");
  } else {
    code = perform(tripool, out, o.seconds);
  }
  tripool.stop();
  return code;
}

} // namespace tripool::service
