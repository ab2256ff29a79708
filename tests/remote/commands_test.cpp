// `tripool query --node` and `tripool status --node`, as their user meets them: nodes and commands are processes.
#include "tests/remote/processes.hpp"

#include <nlohmann/json.hpp>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

struct ended {
  int code = -1;
  std::string output;
  std::string errors;
};

ended run(std::vector<std::string> arguments, const remote_tls_files& files = {}) {
  arguments.insert(arguments.begin(), TRIPOOL_EXECUTABLE);
  if (!files.empty())
    arguments.insert(arguments.end(), {"--tls-certificate", files.certificate, "--tls-key", files.key,
                                       "--tls-authority", files.authority});
  child_program p{arguments};
  p.close_input();
  const auto code = p.wait_for_end(40s);
  INFO(p.output() << p.errors());
  REQUIRE(code);
  return {*code, p.output(), p.errors()};
}

bool says(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string name_of(const remote_node& x) {
  return x.host + ':' + std::to_string(x.port);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

} // namespace

TEST_CASE("a query goes through nodes, and goes on when one of them is gone", "[remote][commands]") {
  test_database home;
  home.sql("create table t (n int)");
  remote_folder folder;
  const auto config = config_for(home, folder);
  const auto ports = must(cluster::find_free_ports(2));
  service_process one{config, {"127.0.0.2", ports[0]}};
  service_process two{config, {"127.0.0.3", ports[1]}};
  const auto nodes = name_of(one.at()) + ',' + name_of(two.at());
  const auto done = run({"query", "--node", nodes, "insert into t values ($1) returning n + 1 as next", "-p", "int:7",
                         "--write", "--format", "csv"});
  CHECK(done.code == 0);
  CHECK(done.output == "next\r\n8\r\n");
  CHECK(home.value("select n from t") == "7");
  const auto wrong = run({"query", "--node", nodes, "select nonsense"});
  CHECK(wrong.code == 1);
  CHECK(says(wrong.errors, "42703"));
  const auto read_only = run({"query", "--node", nodes, "insert into t values (8)"});
  CHECK(read_only.code == 1);
  CHECK(says(read_only.errors, "25006"));

  one.kill();
  const auto still = run({"query", "--node", nodes, "--format", "csv", "select n from t"});
  CHECK(still.code == 0);
  CHECK(still.output == "n\r\n7\r\n");
  REQUIRE(two.stop() == 0);
  const auto nobody = run({"query", "--node", nodes, "--timeout", "1", "select 1"});
  CHECK(nobody.code == 1);
  CHECK(says(nobody.errors, "not_executed"));
  CHECK(says(nobody.errors, name_of(one.at())));
}

TEST_CASE("the status of nodes is shown as a table and as the JSON that the endpoint gives", "[remote][commands]") {
  test_database home;
  remote_folder folder;
  const auto config = config_for(home, folder);
  const auto ports = must(cluster::find_free_ports(2));
  service_process one{config, {"127.0.0.2", ports[0]}};
  service_process two{config, {"127.0.0.3", ports[1]}};
  REQUIRE(one.program().wait_for_error("serving; end with"));
  REQUIRE(two.program().wait_for_error("serving; end with"));
  const auto nodes = name_of(one.at()) + ',' + name_of(two.at());
  const auto table = run({"status", "--node", nodes});
  CHECK(table.code == 0);
  CHECK(says(table.output, "node " + name_of(one.at())));
  CHECK(says(table.output, "node " + name_of(two.at())));
  CHECK(says(table.output, "writes: primary"));
  const auto as_json = run({"status", "--json", "--node", nodes});
  const auto lines = lines_of(as_json.output);
  REQUIRE(lines.size() == 2);
  std::vector<nlohmann::json> all;
  for (const auto& line : lines) all.push_back(nlohmann::json::parse(line));
  CHECK(all[0]["schema"] == "tripool-status/1");
  CHECK(all[0]["serves"]["writes"] == true);
  CHECK(all[0]["pid"] != all[1]["pid"]);
  CHECK(all[0]["uptime_seconds"].get<double>() > 0);
  CHECK(all[0]["version"] == all[1]["version"]);

  REQUIRE(two.stop() == 0);
  const auto half = run({"status", "--node", nodes});
  CHECK(half.code == 1);
  CHECK(says(half.output, "writes: primary"));
  CHECK(says(half.errors, name_of(two.at()) + ": not_executed"));
}

TEST_CASE("with TLS a command shows its certificate, and without one it gets nothing", "[remote][commands][tls]") {
  test_database home;
  remote_folder folder;
  remote_certificates certs;
  const auto node_files = certs.issue("node", "ca", "ca");
  const auto mine = certs.issue("operator", "ca", "ca");
  const auto config = config_for(home, folder);
  service_process node{config,
                       {"127.0.0.2", must(cluster::find_free_ports(1))[0]},
                       {"--tls-certificate", node_files.certificate, "--tls-key", node_files.key, "--tls-authority",
                        node_files.authority}};
  const auto at = name_of(node.at());
  const auto good = run({"query", "--node", at, "--format", "csv", "select 1 as one"}, mine);
  CHECK(good.code == 0);
  CHECK(good.output == "one\r\n1\r\n");
  CHECK(run({"status", "--node", at}, mine).code == 0);
  const auto bare = run({"query", "--node", at, "--timeout", "2", "select 1"});
  CHECK(bare.code == 1);
  CHECK(says(bare.errors, "not_executed"));
}

TEST_CASE("what is wrong with the nodes of a command is said", "[remote][commands]") {
  CHECK(run({"query", "select 1"}).code == 2);
  for (const auto* wrong : {"db1", "db1:", "db1:x", "db1:0", "db1:65536", ":4711", "::1:4711", "db1:1,,db2:2", ""}) {
    const auto x = run({"query", "--node", wrong, "select 1"});
    INFO(wrong);
    CHECK(x.code == 2);
    CHECK_FALSE(x.errors.empty());
  }
  CHECK(run({"query", "--node", "db1:1", "--config", "x", "select 1"}).code == 2);
  CHECK(run({"query", "--tls-key", "x", "--config", "x", "select 1"}).code == 2);
  CHECK(run({"status", "--node", "db1:1", "--at", "127.0.0.1:1"}).code == 2);
  const auto no_files = run({"status", "--node", "127.0.0.1:1"}, {"/nowhere", "/nowhere", "/nowhere"});
  CHECK(no_files.code == 2);
  CHECK(says(no_files.errors, "/nowhere"));
}
