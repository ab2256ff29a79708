// The commands of operating as their user meets them, against real servers: serve with its endpoint, status, top,
// events, control, SIGHUP, query and doctor; what they print and how they end.
#include "tests/operating/served_fixture.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

bool has_tmux() {
  return std::system("command -v tmux >/dev/null") == 0;
}

} // namespace

TEST_CASE("who looks at a service that is not there is told what to see to", "[commands]") {
  const auto x = run({"status", "--at", "127.0.0.1:1"});
  CHECK(x.code == 1);
  CHECK(says(x.errors, "http://127.0.0.1:1 takes no connection"));
  CHECK(says(x.errors, "Is the service running with `serve --http`, and is --at right?"));
}

TEST_CASE("a running service is shown, ordered about and reloaded from the command line", "[commands]") {
  test_database home;
  const auto text = pipe_configuration::text(three_pools(home));
  const pipe_configuration file{text};
  served s{file.path(), {"--http-control"}};

  const auto three = [](const std::string& x) { return says(x, "reads: 3 of 3"); };
  const auto table = run_until({"status", "--at", s.at}, three);
  CHECK(table.code == 0);
  CHECK(says(table.output, "writes: primary   reads: 3 of 3 pools"));
  for (const auto* name : {"primary", "backup", "failover"}) CHECK(says(table.output, name));
  const auto as_json = json::parse(run({"status", "--at", s.at, "--json"}).output);
  CHECK(as_json["schema"] == "tripool-status/1");
  const auto screen = run({"top", "--once", "--at", s.at});
  CHECK(screen.code == 0);
  CHECK(std::count(screen.output.begin(), screen.output.end(), '\n') == 24);

  const auto resized = run({"control", "resize", "primary", "3", "6", "--at", s.at});
  CHECK(resized.code == 0);
  CHECK(says(resized.output, "3 to 6 connections"));
  const auto refused = run({"control", "failover", "primary", "backup", "--at", s.at});
  CHECK(refused.code == 1);
  CHECK(says(refused.errors, "promote"));
  CHECK(run({"control", "failback", "--at", s.at}).code == 0);
  const auto events = run({"events", "--at", s.at});
  CHECK(events.code == 0);
  CHECK(says(events.output, "control primary: pool primary keeps 3 to 6 connections"));
  CHECK(says(run({"events", "--at", s.at, "--request", "999999"}).output, "nothing is remembered"));
  std::istringstream lines{run({"events", "--json", "--at", s.at}).output};
  bool ordered = false;
  for (std::string line; std::getline(lines, line);) {
    const auto event = json::parse(line); // Each line is one.
    ordered = ordered || (event["kind"] == "control" && event["pool"] == "primary");
  }
  CHECK(ordered);
  const auto story = run({"events", "--json", "--at", s.at, "--request", "999999"}).output;
  for (const auto* part : {"moves", "events", "answers"}) CHECK(json::parse(story).at(part).empty());
  CHECK(run({"events", "--json", "--at", s.at, "--pool", "nobody"}).output.empty());
  CHECK(std::count(story.begin(), story.end(), '\n') == 1); // A line, and no empty one behind it.

  const std::string sizes = "connections-min = 1\nconnections-max = 4\n";
  std::ofstream{file.path()} << pipe_configuration::text(three_pools(home, sizes));
  s.program().signal(SIGHUP);
  CHECK(s.program().wait_for_error("pools.primary.connections-max 6 -> 4"));
  std::ofstream{file.path()} << "[tripool]\npools { primary { connections-max = 0 } }\n";
  s.program().signal(SIGHUP);
  CHECK(s.program().wait_for_error("the configuration is refused"));
  const auto kept = run({"control", "reload", "--at", s.at});
  CHECK(kept.code == 1);
  CHECK(says(kept.errors, "connections-max"));
  const auto four = [](const std::string& x) { return says(x, "\"connections_max\":4"); };
  const auto after = json::parse(run_until({"status", "--at", s.at, "--json"}, four).output);
  CHECK(after["pools"][0]["figures"]["limits"]["connections_max"] == 4);

  child_program follows{{TRIPOOL_EXECUTABLE, "events", "--follow", "--at", s.at}};
  REQUIRE(follows.next_line());
  CHECK(run({"control", "log-level", "warn", "--at", s.at}).code == 0);
  bool told = false;
  for (int i = 0; i < 40 && !told; ++i) {
    const auto line = follows.next_line(5s);
    if (!line) break;
    told = says(*line, "the log's level is warn");
  }
  CHECK(told);
  follows.signal(SIGINT);
  CHECK(follows.wait_for_end() == 0);
  s.program().signal(SIGTERM);
  CHECK(s.program().wait_for_end(30s) == 0);
}

TEST_CASE("commands that find no service, or may not ask it, say so and fail", "[commands]") {
  const auto nobody = run({"status", "--at", "127.0.0.1:1"});
  CHECK(nobody.code == 1);
  CHECK(says(nobody.errors, "serve --http"));
  CHECK(run({"status", "--at", "nonsense"}).code == 2);
  CHECK(run({"events", "--at", "127.0.0.1:1", "--token-file", "/nowhere"}).code == 2);
  CHECK(run({"control"}).code == 2);
  CHECK(run({"control", "resize", "primary", "x", "y"}).code == 2);
  test_database home;
  const pipe_configuration file{pipe_configuration::text(three_pools(home))};
  const auto open = run({"serve", "--config", file.path(), "--http", "0.0.0.0:0"});
  CHECK(open.code == 1);
  CHECK(says(open.errors, "token"));
  CHECK(run({"serve", "--config", file.path(), "--http", "nonsense"}).code == 2);
}

TEST_CASE("query prints a table, CSV or JSON, takes typed parameters, and does not write by mistake", "[commands]") {
  test_database home;
  const pipe_configuration file{pipe_configuration::text(three_pools(home))};
  const auto query = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"query", "--config", file.path()});
    return run(std::move(more));
  };
  const auto table = query({"select $1 + 1 as more, $2::text as word", "-p", "int:41", "-p", "a b"});
  CHECK(table.code == 0);
  CHECK(table.output == "more | word\n-----+-----\n  42 | a b\n(1 row)\n");
  CHECK(query({"--format", "csv", "select 1 as a, null as b, 'x,y' as c"}).output == "a,b,c\r\n1,,\"x,y\"\r\n");
  CHECK(json::parse(query({"--format", "json", "select 1.5::float8 as a, true as b"}).output)
        == json::parse(R"([{"a":1.5,"b":true}])"));
  const auto refused = query({"create table t (n int)"});
  CHECK(refused.code == 1);
  CHECK(query({"--write", "create table t (n int)"}).output == "CREATE TABLE\n");
  const auto wrong = query({"selec 1"});
  CHECK(wrong.code == 1);
  CHECK(says(wrong.errors, "42601"));
  CHECK(query({"select 1", "-p", "int:x"}).code == 2);
  CHECK(query({"select 1", "--pool", "nowhere"}).code == 1);
}

TEST_CASE("doctor finds all well where it is, and says what to mend where it is not", "[commands]") {
  test_database home;
  const pipe_configuration good{pipe_configuration::text(three_pools(home))};
  const auto well = run({"doctor", "--config", good.path()});
  INFO(well.output << well.errors);
  CHECK(well.code == 0);
  CHECK(says(well.output, "0 problems"));
  CHECK(says(well.output, "a primary on timeline"));
  auto pools = three_pools(home);
  pools[1].at.port = 1;
  pools[2].at.password = "wrong";
  const pipe_configuration bad{pipe_configuration::text(pools)};
  const auto ill = run({"doctor", "--config", bad.path()});
  INFO(ill.output << ill.errors);
  CHECK(ill.code == 1);
  CHECK(says(ill.output, "is the server running"));
  CHECK(says(ill.output, "pg_hba.conf"));
  CHECK_FALSE(says(ill.output + ill.errors, pools[0].at.password));
  CHECK(run({"doctor", "--config", "/nowhere"}).code == 2);
}

TEST_CASE("top draws its screen in a terminal of 80x24, heeds its keys and gives the terminal back", "[commands]") {
  if (!has_tmux()) {
    WARN("tmux is not installed: not checked");
    return;
  }
  test_database home;
  const pipe_configuration file{pipe_configuration::text(three_pools(home))};
  served s{file.path()};
  const auto socket = std::filesystem::path{file.path()}.parent_path() / "tmux";
  const auto tmux = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"/usr/bin/env", "tmux", "-S", socket.string()});
    child_program p{more};
    p.close_input();
    p.wait_for_end();
    return p.output();
  };
  tmux({"-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24",
        std::string{TRIPOOL_EXECUTABLE} + " top --at " + s.at + "; echo given back; cat"});
  const auto shows = [&](const std::string& what) {
    const auto until = std::chrono::steady_clock::now() + 15s;
    for (;;) {
      const auto screen = tmux({"capture-pane", "-p"});
      if (says(screen, what)) return true;
      if (std::chrono::steady_clock::now() > until) {
        WARN(screen);
        return false;
      }
    }
  };
  CHECK(shows("writes: primary"));
  CHECK(shows("events, the newest first"));
  tmux({"send-keys", "2"});
  CHECK(shows("connections of backup"));
  tmux({"send-keys", "p"});
  CHECK(shows("PAUSED"));
  tmux({"send-keys", "q"});
  CHECK(shows("given back"));
  tmux({"kill-server"});
}
