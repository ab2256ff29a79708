// Sources that fail: commands that hang, fail, babble; files that vanish. Each is a clear error that holds nothing of
// the secret, and over as soon as the source works again.
#include "tests/integration/credential_fixture.hpp"
#include "tripool/actors/protocol_credentials.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

constexpr auto bound = 15s;
constexpr auto planted = "hush-hush-secret";

/// Waits until the credential's last error says that.
credential_status await_error(running_instance& x, const std::string& says) {
  const auto until = std::chrono::steady_clock::now() + bound;
  for (;;) {
    const auto all = x.status().carrier.credentials; // Empty until the carrier is known.
    if (!all.empty() && all[0].last_error.find(says) != std::string::npos) return all[0];
    INFO("wanted: " << says << "; last: " << (all.empty() ? "" : all[0].last_error));
    REQUIRE(std::chrono::steady_clock::now() < until);
  }
}

instance_setup with_command(const std::string& user, const std::string& script) {
  instance_setup how;
  how.user = user;
  how.adjust = [script](options& o) {
    o.pools.resize(1);
    auto& c = o.pools[0].credentials;
    c.command = "/bin/sh '" + script + "'";
    c.command_timeout = 300ms;
  };
  return how;
}

} // namespace

TEST_CASE("a command that hangs, fails or babbles is a clear error, and over when it works",
          "[instance][credentials]") {
  own_folder at;
  test_database home;
  test_role role{home, "tripool_test_command", planted};
  const std::string hush{planted};
  at.put("good", "echo " + hush + "\n");
  const std::vector<std::pair<std::string, std::string>> bad{
    {"sleep 60; echo " + hush, "did not end within 300 ms"},
    {"echo " + hush + " >&2; echo " + hush + "; exit 3", "exit code 3"},
    {"kill -9 $$", "signal 9"},
    {"echo '{\"password\": \"" + hush + "'", "begins like JSON and is not"},
    {"echo '{\"pw\": \"" + hush + "\"}'", "holds no \"password\""},
    {"while :; do echo " + hush + "; done", "more than 65536 bytes"},
    {"echo " + hush + "; echo " + hush, "one line of text"},
    {":", "printed nothing"},
  };
  at.put("script", bad[0].first);
  running_instance x{home, with_command(role.name(), at / "script")};
  for (const auto& [script, says] : bad) {
    at.put("script", script + "\n");
    const auto s = await_error(x, says);
    CHECK_FALSE(s.available);
    CHECK(to_string(require_refused(x, "command /bin/sh")).find(hush) == std::string::npos);
    CHECK(s.last_error.find(hush) == std::string::npos);
  }
  std::filesystem::rename(at / "good", at / "script");
  REQUIRE(x.wait_until_writable(bound));
  CHECK(x.status().carrier.credentials.at(0).last_error.empty());
}

TEST_CASE("a command that is not there is named, without its arguments", "[instance][credentials]") {
  test_database home;
  instance_setup how;
  how.user = "somebody";
  how.adjust = [](options& o) {
    o.pools.resize(1);
    o.pools[0].credentials.command = std::string{"/nonexistent/vault --token "} + planted;
  };
  running_instance x{home, how};
  const auto f = require_refused(x, "command /nonexistent/vault: it cannot be started: No such file");
  CHECK(to_string(f).find(planted) == std::string::npos);
}

TEST_CASE("a token is fetched anew before it expires, with nobody dialling", "[instance][credentials]") {
  own_folder at;
  test_database home;
  test_role role{home, "tripool_test_token", "the-first-token"};
  at.put("script", "echo '{\"token\": \"the-first-token\", \"expires_in\": 2}'\n");
  running_instance x{home, with_command(role.name(), at / "script")};
  REQUIRE(x.wait_until_writable(bound));
  const auto before = x.status().carrier.credentials.at(0);
  REQUIRE(before.expires_in);
  CHECK(*before.expires_in <= 2s);
  const auto until = std::chrono::steady_clock::now() + bound;
  for (;;) {
    const auto s = x.status().carrier.credentials.at(0);
    CHECK(s.valid != "refused");
    if (s.fetches >= before.fetches + 2) break;
    REQUIRE(std::chrono::steady_clock::now() < until);
  }
  CHECK(x.ask("insert into proof values (1)").value);
}

TEST_CASE("a password file that vanishes leaves the last known good password, unless that is forbidden",
          "[instance][credentials]") {
  for (const bool allowed : {true, false}) {
    role_with_file given{"tripool_test_vanished"};
    auto& at = given.at;
    auto& home = given.home;
    auto& role = given.role;
    running_instance x{home, given.setup([allowed](pool_options& p) {
                         if (!allowed) p.credentials.keep = 0s;
                       })};
    REQUIRE(x.wait_until_writable(bound));
    std::filesystem::remove(at / "password");
    role.throw_out();
    if (allowed) {
      REQUIRE(x.wait_until_writable(bound));
      const auto s = x.status().carrier.credentials.at(0);
      CHECK(s.emergency);
      CHECK(s.available);
      CHECK(s.last_error.find("No such file") != std::string::npos);
      continue;
    }
    const auto f = require_refused(x, "No such file", [&] { role.throw_out(); });
    CHECK(f.message.find(at / "password") != std::string::npos);
    CHECK(to_string(f).find("the-first-secret") == std::string::npos);
    at.put("password", "the-first-secret");
    REQUIRE(x.wait_until_writable(bound));
  }
}

TEST_CASE("the sources are asked in their order, and one that fails is passed over", "[instance][credentials]") {
  own_folder at;
  test_database home;
  test_role role{home, "tripool_test_order", "the-first-secret"};
  at.put("pgpass", "*:*:*:*:the-first-secret\n");
  instance_setup how;
  how.user = role.name();
  how.adjust = [&](options& o) {
    o.pools.resize(1);
    auto& c = o.pools[0].credentials;
    c.password_file = at / "nothing";
    c.passfile = at / "pgpass";
    c.sources = "password-file, passfile";
  };
  running_instance x{home, how};
  REQUIRE(x.wait_until_writable(bound));
  const auto s = x.status().carrier.credentials.at(0);
  CHECK(s.source == "passfile " + (at / "pgpass"));
  CHECK(s.sources == "password-file " + (at / "nothing") + ", passfile " + (at / "pgpass"));
  CHECK(s.last_error.find("No such file") != std::string::npos);
  CHECK_FALSE(s.emergency);
}

TEST_CASE("a passfile that others may read is refused", "[instance][credentials]") {
  own_folder at;
  test_database home;
  at.put("pgpass", "*:*:*:*:the-first-secret\n");
  std::filesystem::permissions(at / "pgpass", std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  instance_setup how;
  how.user = "somebody";
  how.adjust = [&](options& o) {
    o.pools.resize(1);
    o.pools[0].credentials.passfile = at / "pgpass";
  };
  running_instance x{home, how};
  const auto f = require_refused(x, "others may read it");
  CHECK(to_string(f).find("the-first-secret") == std::string::npos);
}

TEST_CASE("a refresh for a pool that is not there is refused", "[instance][credentials]") {
  test_database home;
  running_instance x{home};
  REQUIRE(x.wait_until_writable(bound));
  caf::scoped_actor self{x.system()};
  self->request(x.delegate(), 10s, refresh_credentials{"secondary"})
    .receive([&](credentials_refreshed&) { FAIL("there is no such pool"); },
             [&](const caf::error& e) { CHECK(failure_of(e).message == "there is no pool named \"secondary\""); });
}
