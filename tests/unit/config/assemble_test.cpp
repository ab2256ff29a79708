// From settings to the configuration: order, precedence, and an account of everything that is wrong.
#include "tests/support/catch.hpp"

#include "tripool/core/config/assemble.hpp"

using namespace tripool;

namespace {

// Understands "host=NAME" and "password=TEXT" without spaces in them; anything else is wrong.
std::variant<connection_parts, std::string> read_connection(const std::string& text) {
  connection_parts out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(' ', at), text.size());
    const auto word = text.substr(at, end - at);
    at = end + 1;
    if (word.starts_with("host=")) {
      out.host = word.substr(5);
    } else if (word.starts_with("password=")) {
      out.password = secret{word.substr(9)};
      out.has_password = true;
    } else {
      return "is no connection string";
    }
  }
  return out;
}

// A configuration that grows line by line, as a file does.
struct file {
  setting_list list;
  int line = 0;

  file& group(std::vector<std::string> path) {
    list.groups.push_back({std::move(path), {"t.conf", ++line, 0}});
    return *this;
  }
  file& set(std::vector<std::string> path, config_value value) {
    list.settings.push_back({std::move(path), std::move(value), {"t.conf", ++line, 0}});
    return *this;
  }
  file& pool(const std::string& name) { return group({"pools"}).group({"pools", name}); }
  file& set_pool(const std::string& name, const std::string& key, config_value value) {
    return set({"pools", name, key}, std::move(value));
  }
  assembly done(connection_parts defaults = {}) const {
    return assemble(list, {read_connection, std::move(defaults), "/etc/app"});
  }
};

std::string text(const assembly& x) {
  return to_string(x.errors);
}

bool contains(const std::string& where, const std::string& what) {
  return where.find(what) != std::string::npos;
}

std::int64_t integer(std::int64_t x) {
  return x;
}

} // namespace

TEST_CASE("only the pools of the file exist, with their own defaults, the three known ones first") {
  const auto made = file{}.pool("reports").pool("backup").pool("analytics").pool("primary").done();
  REQUIRE(made.errors.empty());
  REQUIRE(made.values.pools.size() == 4);
  CHECK(made.values.pools[0].name == "primary");
  CHECK(made.values.pools[0].connections_max == 10);
  CHECK(made.values.pools[1].name == "backup");
  CHECK(made.values.pools[1].connections_max == 5);
  CHECK(made.values.pools[2].name == "reports");
  CHECK(made.values.pools[3].name == "analytics");
  CHECK(made.values.pools[0].target.application_name == "tripool");
}

TEST_CASE("a pool whose name is nearly a known one gets a warning, and one that ends in a digit does not") {
  const auto made = file{}.pool("primry").pool("Backup").pool("failover").pool("primary2").pool("reports").done();
  REQUIRE(made.errors.empty());
  REQUIRE(made.warnings.size() == 2);
  CHECK(contains(made.warnings[0], "t.conf:2: did you mean primary? primry is a pool of its own"));
  CHECK(contains(made.warnings[1], "t.conf:4: did you mean backup? Backup is"));
}

TEST_CASE("a host that is no UTF-8 is refused, and its bytes are not shown") {
  const auto own = text(file{}.pool("primary").set_pool("primary", "host", std::string{"db\xFF"}).done());
  CHECK(own == "t.conf:3: tripool.pools.primary.host: the host is not valid UTF-8: no server has such a name");
  const auto made = file{}.pool("primary").set_pool("primary", "connection", std::string{"host=db\xFF"}).done();
  CHECK(contains(text(made), "primary.connection: the host is not valid UTF-8"));
}

TEST_CASE("no pool at all is an error") {
  CHECK(contains(text(file{}.set({"log-level"}, std::string{"warn"}).done()), "no pool is configured"));
  CHECK(contains(text(file{}.pool("primary").set_pool("primary", "enabled", false).done()), "all pools are disabled"));
}

TEST_CASE("a pool's own keys win over its connection string, that over pool-defaults, those over the environment") {
  connection_parts environment;
  environment.host = "from-environment";
  environment.user = "from-environment";
  environment.dbname = "from-environment";
  const auto made = file{}
                      .group({"pool-defaults"})
                      .set({"pool-defaults", "host"}, std::string{"from-defaults"})
                      .set({"pool-defaults", "user"}, std::string{"from-defaults"})
                      .set({"pool-defaults", "port"}, integer(1))
                      .pool("a")
                      .set_pool("a", "connection", std::string{"host=from-connection"})
                      .set_pool("a", "port", integer(2))
                      .pool("b")
                      .done(std::move(environment));
  REQUIRE(text(made).empty());
  CHECK(made.values.pools[0].target.host == "from-connection");
  CHECK(made.values.pools[0].target.user == "from-defaults");
  CHECK(made.values.pools[0].target.dbname == "from-environment");
  CHECK(made.values.pools[0].target.port == 2);
  CHECK(made.values.pools[1].target.host == "from-defaults");
  CHECK(made.values.pools[1].target.port == 1);
}

TEST_CASE("all errors are told, each with file, line, key, value and what is allowed") {
  const auto made = file{}
                      .pool("primary")
                      .set_pool("primary", "connections-max", integer(100'000))
                      .set_pool("primary", "port", std::string{"many"})
                      .group({"monitor"})
                      .set({"monitor", "heartbeat-interval"}, integer(30))
                      .set({"monitor", "probe-timeout"}, duration{std::chrono::seconds{-1}})
                      .done();
  CHECK(
    text(made)
    == "t.conf:3: tripool.pools.primary.connections-max = 100000: must be 1 to 1000 connections\n"
       "t.conf:4: tripool.pools.primary.port = \"many\": is a text, but an integer is wanted: 1 to 65535\n"
       "t.conf:6: tripool.monitor.heartbeat-interval = 30: has no unit: write 30s, 30ms or 30min; allowed: 10ms to 1h\n"
       "t.conf:7: tripool.monitor.probe-timeout = -1s: must be 10ms to 1min");
}

TEST_CASE("unknown keys and groups are errors with a suggestion, and their values stay unseen") {
  const auto made = file{}
                      .pool("primary")
                      .set_pool("primary", "pasword", std::string{"hunter2"})
                      .set_pool("primary", "heartbeat-interval", integer(1))
                      .set({"log-levl"}, std::string{"info"})
                      .group({"monitors"})
                      .set({"monitors", "x"}, integer(1))
                      .group({"pools", "primary", "tls"})
                      .done();
  const auto errors = text(made);
  CHECK(contains(errors, "tripool.pools.primary.pasword: there is no such key; did you mean password?"));
  CHECK(contains(errors, "heartbeat-interval: there is no such key; it belongs in tripool.monitor"));
  CHECK(contains(errors, "tripool.log-levl: there is no such key; did you mean log-level?"));
  CHECK(contains(errors, "tripool.monitors: there is no such group; did you mean monitor?"));
  CHECK(contains(errors, "tripool.pools.primary.tls: there is no such group"));
  CHECK_FALSE(contains(errors, "hunter2"));
  CHECK(made.errors.size() == 5);
}

TEST_CASE("keys and groups in each other's place are told apart") {
  const auto errors = text(file{}
                             .pool("primary")
                             .set({"monitor"}, integer(5))
                             .set({"pools", "port"}, integer(5))
                             .set({"pools", "backup"}, std::string{"host=a"})
                             .group({"log-level"})
                             .done());
  CHECK(contains(errors, "tripool.monitor = 5: is a group"));
  CHECK(contains(errors, "tripool.pools.port: stands outside a pool"));
  CHECK(contains(errors, "tripool.pools.backup: is a pool"));
  CHECK(contains(errors, "tripool.log-level: is a key, not a group"));
}

TEST_CASE("a key that is set twice is an error that names the first place") {
  const auto errors =
    text(file{}.pool("primary").set_pool("primary", "port", integer(1)).set_pool("primary", "port", integer(2)).done());
  CHECK(errors == "t.conf:4: tripool.pools.primary.port: is set twice; first in line 3");
}

TEST_CASE("contradictions between two keys name both") {
  const auto errors = text(file{}
                             .pool("primary")
                             .set_pool("primary", "connections-min", integer(7))
                             .set_pool("primary", "connections-max", integer(3))
                             .pool("backup")
                             .set_pool("backup", "connections-min", integer(6))
                             .set_pool("backup", "frame-max", integer(64))
                             .group({"monitor"})
                             .set({"monitor", "healthy-within"}, duration{std::chrono::seconds{9}})
                             .set({"monitor", "trouble-interval-min"}, duration{std::chrono::seconds{2}})
                             .done());
  CHECK(
    contains(errors, "t.conf:3: tripool.pools.primary.connections-min = 7: is above connections-max = 3 in line 4"));
  CHECK(
    contains(errors, "t.conf:7: tripool.pools.backup.connections-min = 6: is above connections-max = 5, its default"));
  CHECK(contains(errors, "tripool.pools.backup.frame-max = 64: is above pipeline-depth = 32, its default"));
  CHECK(contains(errors, "tripool.monitor.healthy-within = 9s: is above degraded-within = 5s, its default"));
  CHECK(contains(errors, "tripool.monitor.trouble-interval-min = 2s: is above trouble-interval-max = 1s, its default"));
}

TEST_CASE("a default never contradicts what was stated: it follows") {
  const auto made = file{}
                      .pool("primary")
                      .set_pool("primary", "connections-max", integer(1))
                      .set_pool("primary", "pipeline-depth", integer(4))
                      .group({"requests"})
                      .set({"requests", "deadline-max"}, duration{std::chrono::seconds{3}})
                      .done();
  REQUIRE(text(made).empty());
  CHECK(made.values.pools[0].connections_min == 1);
  CHECK(made.values.pools[0].frame_max == 4);
  CHECK(made.values.requests.deadline == std::chrono::seconds{3});
}

TEST_CASE("a wrong pool-default is told once, however many pools there are") {
  const auto made = file{}
                      .group({"pool-defaults"})
                      .set({"pool-defaults", "queue-max"}, integer(0))
                      .pool("primary")
                      .pool("backup")
                      .done();
  CHECK(made.errors.size() == 1);
}

TEST_CASE("passwords are kept apart from the options, with a warning and out of every error") {
  auto made = file{}
                .pool("primary")
                .set_pool("primary", "connection", std::string{"host=a password=hunter2"})
                .pool("backup")
                .set_pool("backup", "password", std::string{"hunter3"})
                .done();
  REQUIRE(text(made).empty());
  CHECK(std::string{made.inline_passwords.at("primary").reveal()} == "hunter2");
  CHECK(std::string{made.inline_passwords.at("backup").reveal()} == "hunter3");
  CHECK(made.values.pools[0].credentials.inline_password);
  REQUIRE(made.warnings.size() == 2);
  CHECK(
    contains(made.warnings[0], "t.conf:3: the password of pool primary stands in tripool.pools.primary.connection"));

  const auto wrong = file{}
                       .pool("primary")
                       .set_pool("primary", "connection", std::string{"hunter4"})
                       .set_pool("primary", "password", integer(12345))
                       .done();
  CHECK(wrong.errors.size() == 2);
  CHECK_FALSE(contains(text(wrong), "hunter4"));
  CHECK_FALSE(contains(text(wrong), "12345"));
}

TEST_CASE("the nearer source of a password wins; two side by side are an error") {
  auto made = file{}
                .group({"pool-defaults"})
                .set({"pool-defaults", "password"}, std::string{"shared"})
                .pool("primary")
                .set_pool("primary", "password-file", std::string{"secret.txt"})
                .pool("backup")
                .done();
  REQUIRE(text(made).empty());
  CHECK(made.values.pools[0].credentials.password_file == "/etc/app/secret.txt");
  CHECK_FALSE(made.inline_passwords.contains("primary"));
  CHECK(made.inline_passwords.contains("backup"));

  CHECK(contains(text(file{}
                        .pool("primary")
                        .set_pool("primary", "password-file", std::string{"/a"})
                        .set_pool("primary", "password", std::string{"b"})
                        .done()),
                 "cannot stand beside a password"));
}

TEST_CASE("relative paths are taken from the file's folder, absolute ones as they are") {
  const auto made = file{}
                      .pool("primary")
                      .set_pool("primary", "ssl-root-cert", std::string{"ca.pem"})
                      .set_pool("primary", "passfile", std::string{"/run/pass"})
                      .set_pool("primary", "sslmode", std::string{"verify-full"})
                      .done();
  REQUIRE(text(made).empty());
  const auto& target = made.values.pools[0].target;
  const std::vector<std::pair<std::string, std::string>> expected{{"sslrootcert", "/etc/app/ca.pem"},
                                                                  {"sslmode", "verify-full"}};
  CHECK(target.options == expected);
  CHECK(made.values.pools[0].credentials.passfile == "/run/pass");
}

TEST_CASE("a value outside the choices is answered with the choices") {
  const auto errors = text(file{}.pool("primary").set_pool("primary", "sslmode", std::string{"verify_full"}).done());
  CHECK(contains(errors, "must be \"disable\""));
  CHECK(contains(errors, "did you mean verify-full?"));
}

TEST_CASE("several hosts in one pool are refused") {
  const auto errors = text(file{}.pool("primary").set_pool("primary", "host", std::string{"a,b"}).done());
  CHECK(contains(errors, "a pool has one server: make a pool for each"));
}

TEST_CASE("more pools than a request can remember are refused") {
  file many;
  for (int i = 0; i < 33; ++i) many.pool("p" + std::to_string(i));
  CHECK(contains(text(many.done()), "at most 32 pools"));
}

TEST_CASE("wiping settings leaves no text behind") {
  setting_list list;
  list.settings.push_back({{"pools", "a", "password"}, std::string{"hunter2"}, {}});
  wipe_settings(list);
  CHECK(std::get<std::string>(list.settings[0].value).empty());
}
