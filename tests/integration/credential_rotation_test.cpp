// A password is changed while the service works: through each source that can change, under load, without a request
// that is lost or rejected; and after a refusal, when only the new secret lets anybody in again.
#include "tests/integration/credential_fixture.hpp"
#include "tests/integration/ear.hpp"
#include "tripool/actors/protocol_credentials.hpp"

#include <iostream>
#include <thread>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

constexpr auto bound = 15s;

/// A way to hand a password to the service.
struct secret_place {
  std::string name;
  std::function<void(credential_options&)> configure;
  std::function<void(const std::string&)> put;
};

std::string json_text(const std::string& x) {
  std::string out = "\"";
  for (const char c : x) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string passfile_field(const std::string& x) {
  std::string out;
  for (const char c : x) {
    if (c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

/// What kubelet does to a mounted secret: new files in a folder of their own, then one link is replaced.
void put_mounted_secret(const own_folder& at, const std::string& user, const std::string& password) {
  static int version = 0;
  const auto folder = "v" + std::to_string(++version);
  std::filesystem::create_directory(at / folder);
  at.put(folder + "/password", password + "\n");
  at.put(folder + "/username", user);
  std::filesystem::create_symlink(folder, at / "..fresh");
  std::filesystem::rename(at / "..fresh", at / "..data");
}

std::vector<secret_place> places(const own_folder& at, const std::string& user,
                                 const std::shared_ptr<application_source>& own) {
  return {
    {"password-file", [&at](credential_options& o) { o.password_file = at / "password"; },
     [&at](const std::string& x) { at.put("password", x + "\n"); }},
    {"secret-directory", [&at](credential_options& o) { o.secret_directory = at / "."; },
     [&at, user](const std::string& x) { put_mounted_secret(at, user, x); }},
    {"systemd", [](credential_options& o) { o.systemd_credential = "db"; },
     [&at](const std::string& x) { at.put("db", x); }},
    {"command",
     [&at](credential_options& o) {
       o.command = "cat '" + (at / "answer") + "'";
       o.command_timeout = 5s;
     },
     [&at](const std::string& x) { at.put("answer", "{\"password\": " + json_text(x) + ", \"expires_in\": 3600}"); }},
    {"passfile", [&at](credential_options& o) { o.passfile = at / "pgpass"; },
     [&at](const std::string& x) { at.put("pgpass", "*:*:*:*:" + passfile_field(x) + "\n"); }},
    {"application", [](credential_options&) {}, [own](const std::string& x) { own->put(x); }},
  };
}

/// One pool, whose sources are asked often and whose old connections go soon.
void one_pool(options& o, const secret_place& place, const std::string& user) {
  o.pools.resize(1);
  auto& p = o.pools[0];
  p.target.user = user;
  p.connections_min = 3;
  p.connections_max = 5;
  p.credentials.check_interval = 200ms;
  p.credentials.rotation_spread = 500ms;
  place.configure(p.credentials);
}

credentials_refreshed refresh(running_instance& x) {
  caf::scoped_actor self{x.system()};
  credentials_refreshed out;
  self->request(x.delegate(), 10s, refresh_credentials{})
    .receive([&](credentials_refreshed& y) { out = std::move(y); },
             [&](const caf::error& e) { FAIL(to_string(failure_of(e))); });
  return out;
}

/// Under load: the new secret comes, all sessions are replaced, and every request is done.
void rotate_under_load(running_instance& x, test_database& home, test_role& role, const secret_place& place) {
  workload load{x.system(), x.delegate(), {.callers = 16}};
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(load.wait_until_done(begin, 50, bound));
  const auto moment = must(home.home().value(0, "select clock_timestamp()")); // What is older has the old secret.
  role.set_password("the 'second' p@ss:w\\rd/%20\xc3\xa9");
  place.put("the 'second' p@ss:w\\rd/%20\xc3\xa9");
  if (place.name == "command") CHECK(refresh(x).credentials.at(0).changed);
  const auto until = std::chrono::steady_clock::now() + bound;
  while (role.sessions_before(moment) != "0") REQUIRE(std::chrono::steady_clock::now() < until);
  const auto v = judge(load, home.home(), 0, home.name());
  require_honest(v);
  INFO(to_string(v));
  CHECK(v.of(outcome::done) == v.total()); // Neither lost nor refused, moved nor in doubt.
}

/// Nobody is let in until the new secret stands.
void rotate_after_refusal(running_instance& x, test_role& role, const secret_place& place) {
  role.set_password("the-third");
  role.throw_out();
  const auto f = require_refused(x, "28P01", [&] { role.throw_out(); });
  CHECK(to_string(f).find("second") == std::string::npos);
  place.put("the-third");
  const auto took = x.wait_until_writable(bound);
  REQUIRE(took);
  std::cout << "  " << place.name << ": served " << std::chrono::duration<double>(*took).count()
            << " s after the new secret stood\n";
}

} // namespace

TEST_CASE("a new secret in any source is used without losing a request, and within a second after a refusal",
          "[instance][credentials][rotation]") {
  own_folder at;
  setenv("CREDENTIALS_DIRECTORY", (at / ".").c_str(), 1); // Before any instance has threads that look.
  const auto own = std::make_shared<application_source>();
  const std::string user = "tripool_test_rotated";
  for (const auto& place : places(at, user, own)) {
    INFO(place.name);
    test_database home;
    test_role role{home, user, "the-first-secret"};
    own->put({});
    place.put("the-first-secret");
    instance_setup how;
    // A mounted secret names its role itself.
    how.user = place.name == "secret-directory" ? "nobody_in_particular" : user;
    how.adjust = [&](options& o) { one_pool(o, place, how.user); };
    if (place.name == "application") how.sources.push_back(own);
    running_instance x{home, how};
    REQUIRE(x.wait_until_writable(bound));
    rotate_under_load(x, home, role, place);
    rotate_after_refusal(x, role, place);
    const auto s = x.status().carrier.credentials.at(0);
    CHECK(s.available);
    CHECK(s.valid == "accepted");
    CHECK_FALSE(s.emergency);
    CHECK(s.last_error.empty());
    CHECK(s.source.find(place.name == "systemd"       ? "systemd credential db"
                        : place.name == "application" ? "the application's vault"
                                                      : place.name)
          != std::string::npos);
    CHECK(s.expires_in.has_value() == (place.name == "command"));
  }
  unsetenv("CREDENTIALS_DIRECTORY");
}

TEST_CASE("a rotation reaches the monitor's and the listener's sessions: no verdict, and no notification missed untold",
          "[instance][credentials][rotation]") {
  role_with_file given{"tripool_test_kept"};
  auto& at = given.at;
  auto& home = given.home;
  auto& role = given.role;
  running_instance x{home, given.setup([](pool_options& p) {
                       p.credentials.check_interval = 200ms;
                       p.credentials.rotation_spread = 500ms;
                     })};
  REQUIRE(x.wait_until_writable(bound));
  ear listens{x};
  REQUIRE_FALSE(listens.subscribe({"news"}));
  const auto before = x.status();
  int last = 0;
  const auto notify = [&] { REQUIRE(x.ask("select pg_notify('news', '" + std::to_string(++last) + "')").value); };
  for (int i = 0; i < 20; ++i) notify();
  for (const auto* secret : {"the-second-secret", "the-third-secret"}) {
    const auto moment = must(home.home().value(0, "select clock_timestamp()"));
    if (secret == std::string{"the-third-secret"}) at.put("password", secret); // The file runs ahead: nobody is let in.
    if (secret == std::string{"the-third-secret"}) {
      const auto fetched = x.status().carrier.credentials.at(0).fetches;
      while (x.status().carrier.credentials.at(0).fetches < fetched + 3) notify();
    }
    role.set_password(secret);
    at.put("password", secret);
    const auto until = std::chrono::steady_clock::now() + 2 * bound;
    while (role.sessions_before(moment) != "0") {
      REQUIRE(std::chrono::steady_clock::now() < until);
      notify();
    }
  }
  const auto after = x.status();
  CHECK(after.listener.backend_pid != before.listener.backend_pid);
  CHECK(after.monitor.pools[0].prober != before.monitor.pools[0].prober);
  CHECK(after.monitor.pools[0].health.transitions == before.monitor.pools[0].health.transitions);
  CHECK(after.monitor.pools[0].health.probes_failed == before.monitor.pools[0].health.probes_failed);
  // Every notification in its order, and gaps told wherever one is missing.
  while (x.status().listener.state != "open" || x.status().listener.listening != 1) {}
  notify();
  int heard = 0;
  int gaps = 0;
  int missed = 0;
  bool gap = false;
  while (heard < last) {
    const auto line = listens.next();
    INFO("heard " << heard << " of " << last);
    REQUIRE(line);
    if (*line == "gap news" || *line == "over news") {
      gaps += *line == "gap news" ? 1 : 0;
      gap = true;
      continue;
    }
    const int n = std::stoi(line->substr(std::string{"news: "}.size()));
    INFO("then " << n);
    REQUIRE(n > heard);
    if (n != heard + 1) CHECK(gap);
    missed += n - heard - 1;
    gap = false;
    heard = n;
  }
  CHECK(gaps == 2);
  std::cout << "  " << last << " notifications, " << gaps << " gaps told, " << missed << " missed in them\n";
}

TEST_CASE("the new secret may stand before the server knows it: the old one is used until then",
          "[instance][credentials][rotation]") {
  role_with_file given{"tripool_test_ahead"};
  auto& at = given.at;
  auto& home = given.home;
  auto& role = given.role;
  running_instance x{home, given.setup()};
  REQUIRE(x.wait_until_writable(bound));
  at.put("password", "the-second-secret");
  auto until = std::chrono::steady_clock::now() + bound;
  do { // Again: a session that was just being let in is listed a moment later, escapes, and serves without a dial.
    REQUIRE(std::chrono::steady_clock::now() < until);
    role.throw_out();
    REQUIRE(x.wait_until_writable(bound)); // With the old one.
  } while (!x.status().carrier.credentials.at(0).emergency);
  role.set_password("the-second-secret");
  role.throw_out();
  REQUIRE(x.wait_until_writable(bound));
  until = std::chrono::steady_clock::now() + bound;
  while (x.status().carrier.credentials.at(0).valid != "accepted") REQUIRE(std::chrono::steady_clock::now() < until);
}

TEST_CASE("pools that share a credential ask its sources once", "[instance][credentials]") {
  own_folder at;
  test_database home;
  test_role role{home, "tripool_test_shared", "the-first-secret"};
  for (std::size_t member = 1; member < 3; ++member) must(home.home().wait_until_caught_up(member));
  at.put("count", "");
  at.put("answer", "the-first-secret");
  instance_setup how;
  how.user = role.name();
  how.adjust = [&](options& o) {
    for (auto& p : o.pools) {
      p.credentials.name = "app";
      p.credentials.command = "echo x >> '" + (at / "count") + "'; cat '" + (at / "answer") + "'";
      p.credentials.command_shell = true;
    }
  };
  running_instance x{home, how};
  REQUIRE(x.wait_until_writable(bound));
  const auto until = std::chrono::steady_clock::now() + bound;
  for (bool all = false; !all;) {
    all = true;
    for (const auto& p : x.status().pools) all = all && p.stats.connections.open() > 0;
    REQUIRE(std::chrono::steady_clock::now() < until);
  }
  CHECK(std::filesystem::file_size(at / "count") == 2); // One run, one line.
  const auto r = refresh(x);
  REQUIRE(r.credentials.size() == 1);
  CHECK(r.credentials[0].pools == "primary, backup, failover");
  CHECK_FALSE(r.credentials[0].changed);
  CHECK(r.credentials[0].problem.empty());
  CHECK(std::filesystem::file_size(at / "count") == 4);
}
