// The status page in a real browser: a private cluster, an instance under load, its endpoint, and page_test.py, which
// drives a headless Chromium and says when it has seen enough to crash the primary. Ends with 0, 1, or 77 where there
// is no Chromium.
//
//   tripool-browser-test [FOLDER FOR SCREENSHOTS]
#include "service/app/readiness.hpp"
#include "service/app/system.hpp"
#include "service/cluster/private_cluster.hpp"
#include "service/http/http_server.hpp"
#include "service/http/observer.hpp"
#include "tests/load/workload.hpp"
#include "tests/support/child_program.hpp"

#include "tripool/actors/instance.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

using namespace tripool;
using namespace std::chrono_literals;

namespace {

constexpr int skipped = 77;

int complain(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  return 1;
}

options options_for(cluster::private_cluster& servers, instance_parts& parts) {
  auto o = default_options();
  for (std::size_t i = 0; i < o.pools.size(); ++i) {
    const auto at = servers.at(i, "page");
    auto& to = o.pools[i].target;
    to.host = at.host;
    to.port = at.port;
    to.dbname = at.database;
    to.user = at.user;
    parts.passwords.emplace(o.pools[i].name, secret{std::string{at.password}});
  }
  return o;
}

/// Does what the script asks for, line by line. Returns its exit code.
int follow(test::child_program& script, cluster::private_cluster& servers) {
  while (const auto line = script.next_line(90s)) {
    std::printf("%s\n", line->c_str());
    std::fflush(stdout);
    if (*line == "crash the primary") {
      if (const auto done = servers.crash(0); !done) return complain(cluster::to_string(done.error()));
      script.send("done\n");
    }
    if (*line == "promote a standby") {
      if (const auto done = servers.promote(1); !done) return complain(cluster::to_string(done.error()));
      script.send("done\n");
    }
  }
  std::fputs(script.errors().c_str(), stderr);
  return script.wait_for_end(20s).value_or(1);
}

} // namespace

int main(int argc, char** argv) {
  if (std::system("command -v chromium >/dev/null && command -v chromedriver >/dev/null") != 0) {
    std::puts("chromium or chromedriver is not installed: skipped");
    return skipped;
  }
  const std::string folder = argc > 1 ? argv[1] : "screenshots";
  std::filesystem::create_directories(folder);
  auto servers = cluster::private_cluster::start();
  if (!servers) return complain(cluster::to_string(servers.error()));
  if (const auto done = servers->create_database("page"); !done) return complain(cluster::to_string(done.error()));
  if (const auto done = servers->sql(0, test::workload::table, "page"); !done)
    return complain(cluster::to_string(done.error()));
  service::system_config cfg;
  caf::actor_system sys{cfg};
  instance_parts parts;
  auto o = options_for(*servers, parts);
  instance db{sys, std::move(o), std::move(parts)};
  if (!service::wait_until_probed(sys, db, 20s)) return complain("no pool serves");
  service::observer eyes{sys, db};
  std::string problem;
  service::http_options how;
  how.at = {"127.0.0.1", 0};
  how.version = "test";
  const auto server = service::http_server::start(eyes, std::move(how), problem);
  if (!server) return complain(problem);
  test::workload_options busy;
  busy.callers = 16;
  busy.pause = 20ms;
  auto load = std::make_unique<test::workload>(sys, db.delegate(), busy);
  test::child_program script{{"/usr/bin/env", "python3", "-B", TRIPOOL_BROWSER_SCRIPT, server->at().url(), folder}};
  const int code = follow(script, *servers);
  load->finish();
  return code;
}
