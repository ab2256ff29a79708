// Nothing that the service emits holds a secret: planted ones - passwords with odd characters, tokens, a passphrase -
// are looked for in everything that it writes, at its most talkative and with the protocol traced, while all goes
// well and while it goes wrong; as they are, percent-encoded, in base64, in hexadecimal digits and backwards.
#include "tests/integration/leak_search.hpp"
#include "tests/integration/pipe_fixture.hpp"
#include "tests/integration/tls_fixture.hpp"
#include "tripool/actors/protocol_credentials.hpp"

#include <algorithm>
#include <sstream>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

constexpr auto bound = 15s;

const std::vector<std::string> planted{"pl4nted p@ss:w0rd/%20'\xc3\xa9", "wr0ng-p@ssword=\\x", "t0ken.eyJhbGciOi-_~",
                                       "phr4se of a key", "l1teral-in-a-broken:string@"};

std::string leak_in(const std::string& text) {
  return tripool::test::leak_in(text, planted);
}

std::string content_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::string quoted(const std::string& x) {
  std::string out = "\"";
  for (const char c : x) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

/// All texts that status snapshots hold.
std::string text_of(const service_status& s) {
  std::ostringstream out;
  for (const auto& c : s.carrier.credentials)
    out << c.pool << '|' << c.source << '|' << c.sources << '|' << c.valid << '|' << c.last_error << '\n';
  for (const auto& p : s.pools) {
    out << p.stats.name << '|' << p.stats.last_dial_error << '|' << p.stats.suspended_because << '\n';
    for (const auto& c : p.connections)
      out << c.pool << '|' << c.state << '|' << c.server << '|' << c.statement << '|' << c.lent_to << '\n';
  }
  for (const auto& p : s.monitor.pools)
    out << p.health.pool << '|' << p.health.reason << '|' << p.health.sqlstate << '\n';
  if (s.monitor.table)
    for (const auto& r : s.monitor.table->routes) out << r.name << '|' << r.reason << '\n';
  for (const auto& m : s.monitor.moves) out << m.message << '\n';
  for (const auto& c : s.manager.children) out << c.name << '\n';
  out << s.listener.state << '|' << s.listener.server << '|' << s.listener.last_problem << '\n';
  return out.str();
}

/// A configuration of one pool, at its most talkative.
std::string talkative(const cluster::endpoint& at, const std::string& user, const std::string& more,
                      const std::string& trace) {
  const bool elsewhere = more.find("connection =") != std::string::npos;
  const auto host = elsewhere ? std::string{} : "host = \"" + at.host + "\"\n";
  return "[tripool]\nlog-level = \"trace\"\npools {\nprimary {\n" + host + "port = " + std::to_string(at.port)
         + "\ndbname = \"postgres\"\nuser = \"" + user + "\"\nconnect-timeout = 2s\nprotocol-trace = \"" + trace
         + "\"\n" + more + "\n}\n}\n";
}

/// Runs `tripool pipe` on a configuration, asks it something, and returns everything that it wrote.
std::string everything_of(const std::string& configuration, const std::string& trace, bool serves) {
  pipe_session x{configuration, {"--log-level", "trace"}};
  x.await_ready();
  const auto until = std::chrono::steady_clock::now() + bound;
  for (;;) {
    const auto a = x.ask({{"id", 1}, {"kind", "read"}, {"sql", "select 40 + 2"}, {"deadline_ms", 600}});
    if (a.contains("rows") == serves) break;
    INFO(a.dump());
    REQUIRE(std::chrono::steady_clock::now() < until);
  }
  x.ask({{"id", 2}, {"kind", "read"}, {"sql", "select no_such_column"}, {"deadline_ms", 600}});
  x.program.close_input();
  REQUIRE(x.program.wait_for_end(20s));
  CHECK_FALSE(x.program.errors().empty()); // It was talkative indeed.
  const auto traced = content_of(trace);
  CHECK(traced.empty() == !serves);
  return x.program.output() + '\n' + x.program.errors() + '\n' + traced;
}

} // namespace

TEST_CASE("the search finds a secret in each spelling", "[leak]") {
  for (const auto& x : planted)
    for (const auto& s : spellings(x)) CHECK_FALSE(leak_in("before" + s + "after").empty());
  for (std::size_t before = 0; before < 4; ++before)
    CHECK_FALSE(leak_in(as_base64(std::string(before, 'a') + planted[0] + "more")).empty());
  CHECK(leak_in("nothing of the kind").empty());
}

TEST_CASE("what the service writes holds no secret, whether it serves or is refused", "[leak]") {
  tls_server home;
  own_folder at;
  must(home.home().create_role("leak_role", planted[0]));
  must(home.home().create_role("leak_token", planted[2]));
  const auto where = home.home().at(0);
  auto closed = where;
  closed.port = 1;
  const auto tls = "sslmode = \"verify-full\"\nssl-root-cert = \"" + (home.certs / "ca.crt") + "\"\n"
                   + "connection = \"host=localhost hostaddr=127.0.0.1\"\n";
  at.put("token", "echo '{\"token\": \"" + planted[2] + "\", \"expires_in\": 60}'\n");
  at.put("babble", "echo '" + planted[2] + "'; echo '" + planted[2] + "' >&2; exit 1\n");
  at.put("right", planted[0] + "\n");
  home.certs.encrypt_key("client", "locked", planted[3]);
  at.put("phrase", planted[3]);
  const auto literal = [](const std::string& x) { return "password = " + quoted(x) + "\n"; };
  const auto command = [&](const std::string& file) {
    return "credential-command = \"/bin/sh '" + (at / file) + "'\"\n";
  };
  const auto keys = "ssl-cert = \"" + (home.certs / "client.crt") + "\"\nssl-key = \"" + (home.certs / "locked.key")
                    + "\"\nssl-key-passphrase-file = \"" + (at / "phrase") + "\"\n";
  struct scene {
    const char* name;
    cluster::endpoint at;
    const char* user;
    std::string more;
    bool serves;
  };
  const std::vector<scene> scenes{
    {"a literal, over TLS", where, "leak_role", literal(planted[0]) + tls, true},
    {"a file, over TLS", where, "leak_role", "password-file = \"" + (at / "right") + "\"\n" + tls, true},
    {"a command's token", where, "leak_token", command("token") + tls, true},
    {"a passphrase", where, "tls_cert", keys + tls, true},
    {"the wrong password", where, "leak_role", literal(planted[1]) + tls, false},
    {"plaintext that the server refuses", where, "leak_role", literal(planted[0]) + "sslmode = \"disable\"\n", false},
    {"nobody listens", closed, "leak_role", literal(planted[0]), false},
    {"the wrong authority", where, "leak_role",
     literal(planted[0]) + "sslmode = \"verify-full\"\nssl-root-cert = \"" + (home.certs / "other-ca.crt") + "\"\n",
     false},
    {"a command that babbles and fails", where, "leak_token", command("babble") + tls, false},
  };
  for (const auto& s : scenes) {
    INFO(s.name);
    const auto trace = at / (std::string{"trace-"} + std::to_string(&s - scenes.data()));
    const auto text = everything_of(talkative(s.at, s.user, s.more, trace), trace, s.serves);
    const auto leak = leak_in(text);
    if (!leak.empty()) FAIL_CHECK(leak); // The text itself is not shown.
  }
}

TEST_CASE("what is said of a wrong configuration holds nothing of a secret", "[leak]") {
  own_folder at;
  for (const auto& broken :
       {"connection = \"host=a password=" + planted[4] + " x\"",
        "connection = \"postgresql://u:" + planted[4] + "[::1/d\"", "password = \"" + planted[4] + "\" x",
        "pasword = \"" + planted[4] + "\"", "credential-command = \"vault '" + planted[4] + "\"",
        "connection = \"sslpassword=" + planted[4] + "\""}) {
    at.put("tripool.conf", "[tripool.pools.primary]\n" + broken + "\n");
    child_program x{{TRIPOOL_EXECUTABLE, "check-config", at / "tripool.conf"}};
    const auto code = x.wait_for_end();
    REQUIRE(code);
    CHECK(*code != 0);
    const auto leak = leak_in(x.output() + '\n' + x.errors());
    if (!leak.empty()) FAIL_CHECK(leak << " for " << broken.substr(0, 12));
  }
}

TEST_CASE("the status of every actor and every failure hold no secret", "[leak]") {
  test_database home;
  test_role role{home, "tripool_test_leak", planted[0]};
  own_folder at;
  at.put("password", planted[0]);
  instance_setup how;
  how.user = role.name();
  how.password_file = at / "password";
  how.adjust = [](options& o) { o.pools.resize(1); };
  running_instance x{home, how};
  REQUIRE(x.wait_until_writable(bound));
  std::string all = text_of(x.status());
  role.set_password(planted[1]);
  role.throw_out();
  at.put("password", planted[2]);
  all += to_string(require_refused(x, "28P01", [&] { role.throw_out(); })) + text_of(x.status());
  std::filesystem::remove(at / "password");
  caf::scoped_actor self{x.system()};
  self->request(x.delegate(), 10s, refresh_credentials{})
    .receive(
      [&](credentials_refreshed& r) {
        for (const auto& c : r.credentials) all += c.pools + c.source + c.problem;
      },
      [&](const caf::error& e) { FAIL(x.system().render(e)); });
  all += text_of(x.status());
  CHECK(all.find("28P01") != std::string::npos);
  const auto leak = leak_in(all);
  if (!leak.empty()) FAIL_CHECK(leak);
}
