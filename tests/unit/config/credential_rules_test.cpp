// What the keys about passwords say together.
#include "tests/support/catch.hpp"

#include "tripool/core/config/assemble.hpp"
#include "tripool/core/config/credential_rules.hpp"

using namespace tripool;

namespace {

using key_values = std::vector<std::pair<std::string, config_value>>;

std::string errors_of(const key_values& values) {
  setting_list list;
  list.groups.push_back({{"pools"}, {"t.conf", 1, 0}});
  list.groups.push_back({{"pools", "primary"}, {"t.conf", 2, 0}});
  int line = 2;
  for (const auto& [key, value] : values)
    list.settings.push_back({{"pools", "primary", key}, value, {"t.conf", ++line, 0}});
  return to_string(assemble(list, {nullptr, {}, "/etc/app"}).errors);
}

bool contains(const std::string& where, const std::string& what) {
  return where.find(what) != std::string::npos;
}

std::string text(const char* x) {
  return x;
}

} // namespace

TEST_CASE("sources are asked in the configured order, and all that exist in the default one") {
  credential_options x;
  CHECK(credential_order(x).front() == "application");
  CHECK(credential_order(x).size() == 8);
  x.sources = "command, passfile  environment";
  CHECK(credential_order(x) == std::vector<std::string>{"command", "passfile", "environment"});
}

TEST_CASE("a source that is asked for must exist, be configured, and stand there once") {
  CHECK(errors_of({{"credential-sources", text("environment passfile")}}).empty());
  const auto unknown = errors_of({{"credential-sources", text("enviroment")}});
  CHECK(contains(unknown, "t.conf:3: tripool.pools.primary.credential-sources = \"enviroment\""));
  CHECK(contains(unknown, "sources are application, password-file"));
  CHECK(contains(errors_of({{"credential-sources", text("command")}}), "credential-command is not set"));
  CHECK(contains(errors_of({{"credential-sources", text("systemd")}}), "systemd-credential is not set"));
  CHECK(contains(errors_of({{"credential-sources", text("passfile passfile")}}), "stands there twice"));
}

TEST_CASE("a command that cannot be cut into words is refused without being shown") {
  CHECK(errors_of({{"credential-command", text("vault read 'a b'")}}).empty());
  const auto wrong = errors_of({{"credential-command", text("vault --token=hush 'x")}});
  CHECK(contains(wrong, "a quote in the command is not closed"));
  CHECK_FALSE(contains(wrong, "hush"));
  CHECK(errors_of({{"credential-command", text("it's a shell's")}, {"credential-command-shell", true}}).empty());
}

TEST_CASE("names of mounted secrets cannot lead out of their folder") {
  CHECK(errors_of({{"secret-directory", text("secrets")}, {"secret-name", text("db-password")}}).empty());
  for (const auto* wrong : {"../password", "/etc/shadow", "..", ".hidden", ""})
    CHECK(contains(errors_of({{"secret-name", text(wrong)}}), "must be the name of a file"));
  CHECK(contains(errors_of({{"systemd-credential", text("../x")}}), "must be a name"));
}

TEST_CASE("pools that share a credential must say the same about it") {
  auto o = default_options();
  for (auto& p : o.pools) p.credentials.name = "app";
  CHECK(check_shared_credentials(o.pools).empty());
  o.pools[2].credentials.password_file = "/elsewhere";
  const auto wrong = check_shared_credentials(o.pools);
  REQUIRE(wrong.size() == 1);
  CHECK(wrong[0].first == "failover");
  CHECK(contains(wrong[0].second.message, "pool primary"));
  o.pools[2].credentials.name = "own";
  CHECK(check_shared_credentials(o.pools).empty());
}
