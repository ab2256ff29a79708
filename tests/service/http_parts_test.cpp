// The endpoint's parts that need no socket: addresses, tokens, tables of events and statuses, parameters, doctor's
// findings.
#include "tests/support/catch.hpp"

#include "service/doctor/findings.hpp"
#include "service/http/access.hpp"
#include "service/http/address.hpp"
#include "service/inspect/status_text.hpp"
#include "service/query/arguments.hpp"
#include "service/query/table.hpp"

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace tripool;
using namespace tripool::service;

TEST_CASE("addresses are read as people write them, and wrong ones say why") {
  std::string problem;
  CHECK(read_http_address("127.0.0.1:9187", problem)->url() == "http://127.0.0.1:9187");
  CHECK(read_http_address("[::1]:0", problem)->url() == "http://[::1]:0");
  CHECK(read_http_address(":8080", problem)->host == "127.0.0.1");
  CHECK(read_http_address("localhost:1", problem)->is_loopback());
  CHECK_FALSE(read_http_address("0.0.0.0:1", problem)->is_loopback());
  CHECK_FALSE(read_http_address("example.org:1", problem)->is_loopback());
  CHECK_FALSE(read_http_address("127.evil.org:1", problem)->is_loopback());
  for (const auto* x :
       {"", "9187", "host", "host:", "host:x", "host:65536", "host:-1", "::1:80", "a b:80", "a/b:80", "h:80 "}) {
    problem.clear();
    CHECK_FALSE(read_http_address(x, problem));
    CHECK_FALSE(problem.empty());
  }
}

TEST_CASE("only the loopback's own names pass for it in a Host header") {
  for (const auto* x : {"127.0.0.1", "127.0.0.1:9187", "localhost:1", "[::1]:80", "[::1]"}) CHECK(names_loopback(x));
  for (const auto* x : {"", "evil.org", "localhost.evil.org", "127.0.0.1.evil.org", "[::2]", "[", "::1"})
    CHECK_FALSE(names_loopback(x));
}

TEST_CASE("a token opens as a bearer and as a password, and nothing else does") {
  const std::string token = "0123456789abcdef";
  CHECK(authorizes("Bearer 0123456789abcdef", token));
  CHECK(authorizes("Basic YTowMTIzNDU2Nzg5YWJjZGVm", token)); // a:0123456789abcdef
  for (const auto* x : {"", "Bearer ", "Bearer 0123456789abcdeg", "Bearer 0123456789abcdef0", "bearer 0123456789abcdef",
                        "Basic !!!!", "Basic ", "Basic MDEyMzQ1Njc4OWFiY2RlZg==", "0123456789abcdef"})
    CHECK_FALSE(authorizes(x, token));
  CHECK_FALSE(authorizes("Bearer ", ""));
  CHECK_FALSE(same_secret("", ""));
  CHECK_FALSE(authorizes("Bearer " + std::string(100'000, 'x'), token));
}

TEST_CASE("a token that is short, odd or not there is refused without being shown") {
  std::string problem;
  ::setenv(token_variable, "short", 1);
  CHECK_FALSE(load_token({}, problem));
  CHECK(problem.find("short") == std::string::npos);
  ::setenv(token_variable, "with space 0123456789", 1);
  CHECK_FALSE(load_token({}, problem));
  ::setenv(token_variable, "0123456789abcdef", 1);
  const auto right = load_token({}, problem);
  REQUIRE(right);
  CHECK(std::string{right->reveal()} == "0123456789abcdef");
  ::unsetenv(token_variable);
  const auto none = load_token({}, problem);
  REQUIRE(none);
  CHECK(none->empty());
  CHECK_FALSE(load_token("/nowhere/token", problem));
  CHECK(problem.find("/nowhere/token") != std::string::npos);
  CHECK_FALSE(load_token("/", problem));
}

TEST_CASE("whatever is no status becomes no table, and odd members no error") {
  for (const auto* x : {"", "null", "[]", "{}", "{\"pools\":5}", "{\"pools\":", "\x01\x02"}) {
    CHECK_FALSE(status_table(x));
    CHECK_FALSE(top_screen(x, "", "", {}, 80, 24));
  }
  const std::string odd = R"({"pools":[{"name":5},{},7,{"name":"a\u001b[31mb","serves":{"writes":"yes"}}]})";
  const auto lines = status_table(odd);
  REQUIRE(lines);
  for (const auto& line : *lines) CHECK(line.find('\x1b') == std::string::npos);
}

TEST_CASE("a screen of top fits its terminal, whatever is in it") {
  const std::string status = R"({"version":"1","uptime_seconds":100,"delegate":{"answers":{"done":5}},"pools":[
    {"name":"primary","serves":{"reads":true,"writes":true},"health":{"state":"healthy","heartbeat_age_seconds":1},
     "reason":"fine","sessions":[{"id":1,"state":"open","statement":"select ä from )"
                             + std::string(300, 'x') + R"("}]}]})";
  std::string events = R"({"events":[)";
  for (int i = 0; i < 50; ++i)
    events += std::string{i > 0 ? "," : ""}
              + R"({"last_time":"2024-01-01T10:00:00.000Z","severity":"warning","kind":"trouble","text":")"
              + std::string(200, 'y') + "\"}";
  events += "]}";
  for (const bool connections : {false, true}) {
    screen_choice how;
    how.connections = connections;
    const auto lines = top_screen(status, status, events, how, 80, 24);
    REQUIRE(lines);
    CHECK(lines->size() == 24);
    for (const auto& line : *lines) CHECK(line.size() <= 80);
  }
}

TEST_CASE("rows are written as a table, CSV and JSON, with NULL, quotes, line breaks and numbers") {
  std::vector<owned_result::column> columns{{"id", 23, result_format::text},
                                            {"na\"me", 25, result_format::text},
                                            {"ok", 16, result_format::text},
                                            {"doc", 3802, result_format::text}};
  std::vector<std::vector<owned_result::cell>> rows;
  rows.push_back({"1", "a,\"b\"\nc", "t", R"({"x": 1})"});
  rows.push_back({"20", std::nullopt, "f", std::nullopt});
  rows.push_back({"3", "", "t", "{broken"});
  const result x{std::make_shared<const owned_result>("SELECT 3", std::move(columns), std::move(rows))};
  CHECK(as_csv(x)
        == "id,\"na\"\"me\",ok,doc\r\n1,\"a,\"\"b\"\"\nc\",t,\"{\"\"x\"\": 1}\"\r\n20,,f,\r\n3,\"\",t,{broken\r\n");
  const auto json = as_json(x);
  CHECK(json.find(R"({"id":1,"na\"me":"a,\"b\"\nc","ok":true,"doc":{"x": 1}})") != std::string::npos);
  CHECK(json.find(R"("na\"me":null)") != std::string::npos);
  CHECK(json.find(R"("doc":"{broken")") != std::string::npos);
  const auto table = as_table(x);
  CHECK(table.find(" 1 | a,\"b\" c") != std::string::npos);
  CHECK(table.find("(3 rows)") != std::string::npos);
}

TEST_CASE("parameters of the command line are typed where that is said, and wrong ones are refused") {
  CHECK(read_argument("int:7"));
  CHECK(read_argument("bigint:-9000000000"));
  CHECK(read_argument("double:1.5e3"));
  CHECK(read_argument("null:")->is_null());
  CHECK(*read_argument("text:int:7") == parameter{"int:7"});
  CHECK(*read_argument("12:30") == parameter{"12:30"});
  CHECK(*read_argument("") == parameter{""});
  CHECK(*read_argument("bool:t") == parameter{true});
  for (const auto* x : {"int:", "int:7x", "int:99999999999", "bigint:1.5", "double:one", "bool:yes"})
    CHECK_FALSE(read_argument(x));
}

TEST_CASE("doctor says of each fault what to do about it") {
  pool_options limits;
  limits.connections_max = 10;
  server_report x;
  x.pool = "primary";
  x.target = "db1:5432";
  const auto first = [&] { return findings_of(x, limits).front(); };
  x.name_problem = "db1: no such host";
  CHECK(first().what == "names");
  x.name_problem.reset();
  x.reach_problem = "connection refused";
  CHECK(first().what == "reach");
  x.reach_problem.reset();
  for (const auto* state : {"28P01", "3D000", "53300", "57P03", "42501"}) {
    x.login_problem = "FATAL";
    x.sqlstate = state;
    CHECK(first().how == verdict::problem);
    CHECK_FALSE(first().advice.empty());
  }
  x.login_problem.reset();
  CHECK(first().how == verdict::problem); // Not answered.
  x.probed = true;
  CHECK(first().what == "role");
  x.answered = true;
  x.version = 150000;
  x.max_connections = 100;
  x.reserved = 3;
  const auto has = [&](verdict how, const std::string& what) {
    for (const auto& f : findings_of(x, limits))
      if (f.how == how && f.what == what) return true;
    return false;
  };
  for (const auto& f : findings_of(x, limits)) CHECK(f.how == verdict::fine);
  x.over_network = true;
  CHECK(has(verdict::warning, "tls"));
  x.max_connections = 10;
  CHECK(has(verdict::problem, "limits"));
  x.clock_seconds = -30;
  CHECK(has(verdict::warning, "clock"));
  x.lag_seconds = 100;
  CHECK(has(verdict::warning, "lag"));
  x.version = 90600;
  CHECK(has(verdict::problem, "version"));
}

TEST_CASE("doctor sees what no server alone shows: no primary, two clusters, a ghost, too many connections together") {
  auto config = default_options();
  std::vector<server_report> all(3);
  for (std::size_t i = 0; i < 3; ++i) {
    all[i].pool = config.pools[i].name;
    all[i].target = "one:5432";
    all[i].answered = true;
    all[i].in_recovery = true;
    all[i].max_connections = 1000;
    all[i].system = "1";
    all[i].timeline = 2;
  }
  const auto has = [&](const std::string& what, const std::string& text) {
    for (const auto& f : findings_of_all(all, config))
      if (f.what == what && f.text.find(text) != std::string::npos) return true;
    return false;
  };
  CHECK(has("role", "nobody takes writes"));
  all[0].in_recovery = false;
  CHECK(findings_of_all(all, config).empty());
  all[1].in_recovery = false;
  all[1].timeline = 1;
  CHECK(has("role", "ghost"));
  all[1].answered = false; // As a real one: it is asked nothing but probes.
  all[1].probed = true;
  CHECK(has("role", "ghost"));
  CHECK(findings_of(all[1], config.pools[1]).front().what == "role");
  all[2].timeline = 1;
  CHECK_FALSE(has("role", "grows old"));
  all[2].detached = true;
  CHECK(has("role", "grows old"));
  all[1].answered = true;
  all[2].system = "2";
  CHECK(has("role", "2 different clusters"));
  for (auto& x : all) x.max_connections = 30; // 26 for the three pools.
  CHECK(has("limits", "when it stands in"));
  config.resilience = false; // Then the simple pool is the only one.
  CHECK_FALSE(has("limits", "when it stands in"));
  config.resilience = true;
  for (auto& x : all) x.max_connections = 20;
  CHECK(has("limits", "together"));
}
