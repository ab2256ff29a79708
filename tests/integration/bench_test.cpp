// `tripool bench` as its user meets it: what it refuses and how, the keys of its JSON, and that it fails when answers
// do.
#include "tests/support/catch.hpp"
#include "tests/support/child_program.hpp"
#include "tests/support/test_cluster.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using namespace tripool::test;

namespace {

struct run {
  int code = -1;
  std::string output;
  std::string errors;
};

run bench(const std::vector<std::string>& arguments) {
  std::vector<std::string> all{TRIPOOL_EXECUTABLE, "bench"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  child_program p{all};
  p.close_input();
  const auto code = p.wait_for_end(std::chrono::seconds{60});
  REQUIRE(code);
  return {*code, p.output(), p.errors()};
}

bool says(const run& x, const std::string& text) {
  return (x.errors + x.output).find(text) != std::string::npos;
}

/// The tables that `pgbench -i` makes, as far as the workloads look at them.
void make_accounts(test_database& on) {
  on.sql(
    "create table pgbench_accounts (aid int primary key, bid int not null, abalance int not null, filler char(84));"
    "insert into pgbench_accounts select n, 1, 0, '' from generate_series(1, 5000) n;");
}

} // namespace

TEST_CASE("the benchmark refuses what makes no sense, and names the option", "[bench]") {
  const std::string dsn = "host=127.0.0.1 port=1 dbname=x user=x";
  struct mistake {
    std::vector<std::string> arguments;
    std::string named;
  };
  const std::vector<mistake> all{
    {{}, "--dsn"},
    {{"--dsn", "host=a prt=5"}, "--dsn"},
    {{"--dsn", dsn, "--connections", "0"}, "--connections"},
    {{"--dsn", dsn, "--callers", "-1"}, "--callers"},
    {{"--dsn", dsn, "--callers", "many"}, "--callers"},
    {{"--dsn", dsn, "--seconds", "0"}, "--seconds"},
    {{"--dsn", dsn, "--seconds", "nan"}, "--seconds"},
    {{"--dsn", dsn, "--rate", "nan"}, "--rate"},
    {{"--dsn", dsn, "--workload", "everything"}, "--workload"},
    {{"--dsn", dsn, "--callers-on", "moon"}, "--callers-on"},
    {{"--dsn", dsn, "--loops", "3", "--connections", "10"}, "--loops"},
  };
  for (const auto& x : all) {
    const auto r = bench(x.arguments);
    CAPTURE(x.named, r.errors, r.output);
    CHECK(r.code == 2);
    CHECK(says(r, x.named));
  }
  const auto nobody = bench({"--dsn", dsn});
  CHECK(nobody.code == 1);
  CHECK(says(nobody, "does not answer"));
}

TEST_CASE("the benchmark prints one line of JSON for each workload, and every answer is right", "[bench]") {
  test_database db;
  make_accounts(db);
  const auto dsn = db.connection_string();
  for (const char* workload : {"select1", "point", "update", "rows1000", "tx", "mixed"}) {
    const auto r = bench({"--dsn", dsn, "--workload", workload, "--seconds", "0.2", "--callers", "8", "--connections",
                          "2", "--loops", "2", "--json"});
    CAPTURE(workload, r.errors, r.output);
    REQUIRE(r.code == 0);
    const auto j = nlohmann::json::parse(r.output);
    for (const char* key : {"peer", "workload", "C", "N", "qps", "p50_us", "p99_us", "p999_us", "errors",
                            "client_cpu_us_per_query", "peak_rss_mb", "total"})
      CHECK(j.contains(key));
    CHECK(j["workload"].get<std::string>() == workload);
    CHECK(j["errors"].get<int>() == 0);
    CHECK(j["total"].get<int>() > 0);
  }
}

TEST_CASE("the benchmark's open loop counts what was due, from callers on the scheduler too", "[bench]") {
  test_database db;
  const auto r = bench({"--dsn", db.connection_string(), "--workload", "select1", "--seconds", "0.5", "--callers", "4",
                        "--rate", "400", "--callers-on", "scheduler", "--resilient", "--json"});
  CAPTURE(r.errors, r.output);
  REQUIRE(r.code == 0);
  const auto j = nlohmann::json::parse(r.output);
  CHECK(j["peer"].get<std::string>() == "tripool-scheduler");
  CHECK(j["rate"].get<double>() == 400);
  CHECK(j["unanswered"].get<int>() == 0);
  CHECK(j["resilient"].get<bool>());
}

TEST_CASE("the benchmark says what is missing when there are no tables", "[bench]") {
  test_database db;
  const auto r = bench({"--dsn", db.connection_string(), "--seconds", "0.2"});
  CHECK(r.code == 1);
  CHECK(says(r, "pgbench -i"));
}
