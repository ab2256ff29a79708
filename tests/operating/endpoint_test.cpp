// The endpoint against real servers: what each path answers, that the status fits its schema and metrics, dashboard,
// rules and documentation agree, who may ask, and which orders are taken.
#include "tests/operating/endpoint_fixture.hpp"

#include "service/cluster/process.hpp"
#include "service/inspect/metrics.hpp"
#include "tests/support/child_program.hpp"

#include <httplib.h>

#include <chrono>
#include <regex>
#include <set>
#include <string>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

const std::string source_dir = TRIPOOL_SOURCE_DIR;

/// The names of families in a text, without the suffixes of histograms.
std::set<std::string> families_in(const std::string& text, const std::string& pattern) {
  std::set<std::string> out;
  const std::regex one{pattern};
  for (std::sregex_iterator i{text.begin(), text.end(), one}, end; i != end; ++i)
    out.insert(std::regex_replace((*i)[1].str(), std::regex{"_(bucket|sum|count)$"}, ""));
  return out;
}

/// Whether `what` is true within ten seconds.
template <class F>
bool soon(F what) {
  return cluster::wait_until(10s, std::move(what));
}

} // namespace

TEST_CASE("the status fits its published schema, at rest and with a failed pool", "[endpoint]") {
  endpoint_scene s;
  for (int i = 0; i < 20; ++i) s.x.ask("select pg_sleep(0.001)", access::read);
  const auto schema = json::parse(content_of(source_dir + "/docs/status.schema.json"));
  // A look is shared for 300 ms.
  CHECK(soon([&] { return s.get("/status")["delegate"]["answers"]["done"].get<int>() >= 20; }));
  const auto at_rest = s.get("/status");
  CHECK(misfit(at_rest, schema, schema) == "");
  CHECK(at_rest["serves"]["writes"] == true);
  REQUIRE(at_rest["pools"].size() == 3);
  CHECK(at_rest["pools"][0]["name"] == "primary");
  CHECK(at_rest["pools"][0]["sessions"].size() >= 2);
  CHECK(at_rest["pools"][0]["sessions"][0]["bytes_received"].get<int>() > 0);
  must(s.home.home().stop_member(2));
  CHECK(soon([&] { return s.get("/status")["pools"][2]["health"]["state"] == "unhealthy"; }));
  const auto ill = s.get("/status");
  CHECK(misfit(ill, schema, schema) == "");
  const auto why = s.get("/why?pool=failover")["events"];
  REQUIRE(why.size() > 0);
  CHECK(why.back()["kind"] == "health");
}

TEST_CASE("every metric is documented, and dashboard, rules and documentation name only what is exported",
          "[endpoint]") {
  endpoint_scene s;
  // How far a standby is behind is known when it was probed after the primary; at the start that is a matter of luck,
  // when it loses connections it is likely.
  std::string text;
  const auto known = [&] {
    text = s.client->get("/metrics").body;
    return text.find("\ntripool_server_lag_bytes{") != std::string::npos;
  };
  s.x.ask("select 1", access::read);
  for (int i = 0; i < 10 && !known(); ++i) {
    must(s.home.home().sql(1, "select pg_terminate_backend(pid) from pg_stat_activity "
                              "where backend_type = 'client backend' and pid <> pg_backend_pid()"));
    if (soon(known)) break; // What it has seen is judged: a later probe may take the lag away again.
  }
  const auto exported = families_in(text, "\n# TYPE (tripool_[a-z_]+) ");
  CHECK(exported.size() > 40);
  const auto documented = families_in(content_of(source_dir + "/docs/metrics.md"), "\\| `(tripool_[a-z_]+)` \\|");
  CHECK(documented == exported);
  for (const auto* file : {"/config/grafana-dashboard.json", "/config/prometheus-alerts.yml", "/docs/metrics.md"}) {
    for (const auto& name : families_in(content_of(source_dir + file), "\\b(tripool_[a-z_]+)\\b")) {
      INFO(file << " names " << name);
      CHECK(exported.contains(name));
    }
  }
  for (const auto* label : {"statement=\"", "token=\"", "server=\"", "caller=\""})
    CHECK(text.find(label) == std::string::npos);
  CHECK(text.find("tripool_pool_service_seconds_bucket{pool=\"primary\",le=\"+Inf\"}") != std::string::npos);
  CHECK(json::parse(content_of(source_dir + "/config/grafana-dashboard.json"))["panels"].size() > 10);
}

TEST_CASE("Prometheus' own tool finds nothing wrong with the metrics and the rules", "[endpoint]") {
  if (std::system("command -v promtool >/dev/null") != 0) {
    WARN("promtool is not installed: not checked");
    return;
  }
  child_program rules{{"/usr/bin/env", "promtool", "check", "rules", source_dir + "/config/prometheus-alerts.yml"}};
  CHECK(rules.wait_for_end() == 0);
  endpoint_scene s;
  child_program metrics{{"/usr/bin/env", "promtool", "check", "metrics"}};
  REQUIRE(metrics.send(s.client->get("/metrics").body));
  metrics.close_input();
  const auto code = metrics.wait_for_end();
  INFO(metrics.errors() << metrics.output());
  CHECK(code == 0);
}

TEST_CASE("probes say whether it lives and serves, and stop saying so when it ends", "[endpoint]") {
  endpoint_scene s;
  CHECK(s.get("/healthz")["alive"] == true);
  CHECK(s.get("/readyz")["ready"] == true);
  CHECK(s.get("/readyz?writes")["writes"] == true);
  must(s.home.home().stop_member(0));
  CHECK(soon([&] { return s.client->get("/readyz?writes").status == 503; }));
  CHECK(s.client->get("/readyz").status == 200); // The standbys serve reads.
  s.server->begin_to_end();
  CHECK(s.get("/readyz", 503)["ending"] == true);
  s.x.db().stop(1s);
  CHECK(s.client->get("/healthz").status == 200); // What was seen a moment ago.
  CHECK(soon([&] { return s.client->get("/healthz").status == 503; }));
}

TEST_CASE("the page comes from here alone, and every answer carries the headers that keep it so", "[endpoint]") {
  endpoint_scene s;
  httplib::Client plain{"127.0.0.1", s.server->at().port};
  for (const auto* path : {"/", "/page.css", "/page.js", "/favicon.svg", "/status", "/nowhere"}) {
    const auto r = plain.Get(path);
    REQUIRE(r);
    INFO(path);
    CHECK(r->status == (std::string{path} == "/nowhere" ? 404 : 200));
    const auto policy = r->get_header_value("Content-Security-Policy");
    CHECK(policy.find("default-src 'none'") != std::string::npos);
    CHECK(policy.find("unsafe") == std::string::npos);
    CHECK(r->get_header_value("X-Content-Type-Options") == "nosniff");
    CHECK(r->get_header_value("X-Frame-Options") == "DENY");
    CHECK_FALSE(r->has_header("Access-Control-Allow-Origin"));
  }
  for (const auto* path : {"/", "/page.css", "/page.js"}) {
    const auto body = plain.Get(path)->body;
    CHECK(body.find("http://") == body.find("http://www.w3.org")); // The name of SVG, and no other address.
    CHECK(body.find("https://") == std::string::npos);
    CHECK(body.find("<style") == std::string::npos);
    CHECK(body.find(" style=") == std::string::npos);
    CHECK(body.find("onclick") == std::string::npos);
  }
}

TEST_CASE("without a token only the loopback's own names are answered, with one only who has it", "[endpoint]") {
  endpoint_scene s;
  httplib::Client plain{"127.0.0.1", s.server->at().port};
  CHECK(plain.Get("/status", {{"Host", "evil.example"}})->status == 403);
  CHECK(plain.Get("/healthz", {{"Host", "10.0.0.1:8080"}})->status == 200); // As an orchestrator asks.
  CHECK(plain.Get("/status", {{"Host", "localhost:1"}})->status == 200);
  CHECK(plain.Delete("/status")->status == 405);
  CHECK(plain.Post("/control/failback", "{}", "application/json")->status == 403);
  std::string problem;
  service::http_options open;
  open.at = {"0.0.0.0", 0};
  CHECK_FALSE(service::http_server::start(s.eyes, std::move(open), problem));
  CHECK(problem.find("token") != std::string::npos);
  service::http_options guarded;
  guarded.at = {"127.0.0.1", 0};
  guarded.token = secret{std::string{"0123456789abcdef"}};
  const auto server = service::http_server::start(s.eyes, std::move(guarded), problem);
  REQUIRE(server);
  httplib::Client asks{"127.0.0.1", server->at().port};
  for (const auto* path : {"/", "/status", "/metrics", "/events", "/page.js"}) CHECK(asks.Get(path)->status == 401);
  CHECK(asks.Get("/readyz")->status == 200);
  CHECK(asks.Get("/status", {{"Authorization", "Bearer 0123456789abcdef"}})->status == 200);
  const auto wrong = asks.Get("/status", {{"Authorization", "Bearer 0123456789abcdeX"}});
  CHECK(wrong->status == 401);
  CHECK(wrong->body.find("0123456789") == std::string::npos);
}

TEST_CASE("orders over HTTP are carried out, refused with the reason, or no orders at all", "[endpoint]") {
  service::http_options how;
  how.control = true;
  endpoint_scene s{std::move(how)};
  CHECK(s.post("/control/resize", R"({"pool":"primary","min":3,"max":6})").contains("done"));
  CHECK(soon([&] { return s.get("/status")["pools"][0]["figures"]["connections"]["open"] == 3; }));
  const auto refused = s.post("/control/failover", R"({"from":"primary","to":"backup"})", 409)["refused"].dump();
  CHECK(refused.find("takes no writes") != std::string::npos);
  CHECK(s.post("/control/hold", R"({"pool":"backup","empty":true})").contains("done"));
  CHECK(soon([&] { return s.get("/status")["pools"][1]["figures"]["connections"]["open"] == 0; }));
  CHECK(s.post("/control/release", R"({"pool":"backup"})").contains("done"));
  CHECK(soon([&] { return s.get("/status")["pools"][1]["figures"]["connections"]["open"] == 1; }));
  CHECK(s.post("/control/recycle", R"({"pool":"primary"})").contains("done"));
  CHECK(s.get("/events?kind=control")["events"].size() >= 5);
  s.post("/control/nonsense", "{}", 404);
  s.post("/control/reload", "{}", 404);
  for (const auto* body : {"[]", "{", "5", R"({"pool":5})", R"({"pool":"primary","more":1})", R"({"pool":"primary"})",
                           R"({"pool":"primary","min":-1,"max":5})", R"({"pool":"primary","min":1e9,"max":5})"})
    s.post("/control/resize", body, 400);
  httplib::Client plain{"127.0.0.1", s.server->at().port};
  CHECK(plain.Post("/control/failback", "{}", "text/plain")->status == 415);
  CHECK(plain.Post("/control/failback", {{"Origin", "http://evil.example"}}, "{}", "application/json")->status == 403);
  for (const auto* path :
       {"/events?after=x", "/events?limit=-1", "/events?kind=nonsense", "/request?id=", "/history?last=a"})
    s.get(path, 400);
  CHECK(s.get("/request?id=999999")["answers"].empty());
  CHECK(s.get("/history")["pools"].size() == 3);
}
