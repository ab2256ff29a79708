// What a served endpoint, its commands and its log emit holds no secret, at the most talkative level, while all goes
// well and while it goes wrong: planted passwords, a token in a command's arguments, and the endpoint's own token are
// looked for in all of it.
#include "tests/integration/credential_fixture.hpp"
#include "tests/integration/leak_search.hpp"
#include "tests/operating/served_fixture.hpp"

#include "service/http/http_client.hpp"

#include <httplib.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

constexpr auto bound = 20s;

enum : std::size_t { first, second, wrong, argument, literal, endpoint_token };
const std::vector<std::string> planted{"pl4nted p@ss:w0rd/%20'\xc3\xa9",
                                       "the-2nd \"p@ss\"\\w0rd",
                                       "wr0ng-p@ssword=\\x",
                                       "t0ken.eyJhbGciOi-_~",
                                       "l1teral-in-the-file",
                                       "endp0int-token-of-32-characters!"};

/// What stands between double quotes in a configuration, or in JSON.
std::string quoted(const std::string& x) {
  return '"' + as_json(x) + '"';
}

/// A service whose primary has its password from a file, whose backup has it from a command that is given a token, and
/// whose third one has it in the configuration.
class leak_scene {
public:
  leak_scene() : role_(home_, "tripool_test_leaks", planted[first]) {
    for (std::size_t member = 1; member < 3; ++member) must(home_.home().wait_until_caught_up(member));
    at_.put("password", planted[first] + "\n");
    at_.put("http-token", planted[endpoint_token] + "\n");
    tell(planted[first]);
    at_.put("tripool.conf", configuration());
    service_ = std::make_unique<served>(at_ / "tripool.conf",
                                        std::vector<std::string>{"--http-control", "--http-token-file",
                                                                 at_ / "http-token", "--log-format", "json",
                                                                 "--log-level", "trace", "--slow-log", "1"});
    std::string problem;
    client_ = service::http_client::make(service_->at, at_ / "http-token", problem);
    REQUIRE(client_);
  }

  const own_folder& at() const noexcept { return at_; }
  test_role& role() noexcept { return role_; }
  void wait_for_standbys() {
    for (std::size_t member = 1; member < 3; ++member) must(home_.home().wait_until_caught_up(member));
  }
  void throw_out() {
    for (std::size_t member = 0; member < 3; ++member)
      home_.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = '" + role_.name() + "'",
                member);
  }
  /// What the command prints from now on.
  void tell(const std::string& secret) {
    at_.put("answer", "{\"password\": " + quoted(secret) + ", \"expires_in\": 3600}");
    at_.put("script", "cat '" + (at_ / "answer") + "'\n");
  }
  void babble() { at_.put("script", "cat '" + (at_ / "answer") + "' >&2; cat '" + (at_ / "answer") + "'; exit 3\n"); }

  /// Runs a command of operating, and keeps what it wrote.
  ended command(std::vector<std::string> arguments, bool asks = true) {
    if (asks) arguments.insert(arguments.end(), {"--at", service_->at, "--token-file", at_ / "http-token"});
    auto x = run(arguments);
    take(x.output + '\n' + x.errors);
    return x;
  }
  std::string get(const std::string& path) {
    auto body = client_->get(path).body;
    take(body);
    return body;
  }
  void order(const std::string& name, const std::string& json) { take(client_->post("/control/" + name, json).body); }

  /// Waits until a path's answer says this.
  void await(const std::string& path, const std::string& text) {
    const auto until = std::chrono::steady_clock::now() + bound;
    for (auto body = get(path); !says(body, text); body = get(path)) {
      INFO("waiting for " << text << " in " << (leak_in(body, planted).empty() ? body : "what holds a secret"));
      REQUIRE(std::chrono::steady_clock::now() < until);
    }
  }

  /// Asks for everything that there is.
  void ask_for_everything() {
    for (const auto* path :
         {"/", "/page.js", "/healthz", "/readyz", "/status", "/history", "/metrics", "/events?limit=1000",
          "/events?kind=credential", "/why?pool=primary", "/why?pool=backup", "/request?id=1", "/nowhere"})
      CHECK_FALSE(get(path).empty());
    for (const auto* name : {"refresh", "recycle", "hold", "release", "failback", "resize", "reload", "nonsense"})
      order(name, std::string{name} == "refresh" ? "{}" : R"({"pool":"failover"})");
    order("reload", "{}");
    order("log-level", R"({"level":"trace"})");
    command({"status"});
    command({"status", "--json"});
    command({"top", "--once"});
    command({"events", "--limit", "1000"});
    command({"events", "--json"});
    command({"events", "--request", "1"});
    command({"control", "refresh", "backup"});
    command({"check-config", at_ / "tripool.conf"}, false);
    command({"query", "--config", at_ / "tripool.conf", "--timeout", "1", "select 40 + 2"}, false);
    // Who has no token, or a wrong one, is told nothing of the right one.
    httplib::Client stranger{service_->at};
    if (const auto x = stranger.Get("/status")) take(x->body);
    if (const auto x = stranger.Get("/status", {{"Authorization", "Bearer wrong-wrong-wrong-wrong"}})) take(x->body);
    look();
  }

  /// Takes five seconds for each pool that lets nobody in.
  void ask_doctor(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"doctor", "--config", at_ / "tripool.conf"});
    command(more, false);
    look();
  }

  /// Reloads another configuration, which is refused, since it says that secrets come from elsewhere.
  void reload_other_secrets() {
    at_.put("tripool.conf", configuration(" --more"));
    command({"control", "reload"});
    service_->program().signal(SIGHUP);
    CHECK(service_->program().wait_for_error("SIGHUP"));
    at_.put("tripool.conf", configuration());
    look();
  }

  std::string end() {
    service_->program().signal(SIGTERM);
    CHECK(service_->program().wait_for_end(30s) == 0);
    std::ifstream trace{at_ / "trace", std::ios::binary};
    const std::string traced{std::istreambuf_iterator<char>{trace}, {}};
    CHECK_FALSE(traced.empty());
    take(traced + '\n' + service_->program().output() + '\n' + service_->program().errors());
    look();
    return service_->program().errors();
  }
  /// Everything so far.
  const std::string& all() const noexcept { return all_; }

private:
  void take(const std::string& text) {
    all_ += text + '\n';
    // Its log is long, and a service whose standard error nobody reads stands still.
    (void)service_->program().wait_for_error("what it never says", 5ms);
  }
  void look() const {
    const auto leak = leak_in(all_, planted);
    if (!leak.empty()) FAIL_CHECK(leak); // The text itself is not shown.
  }

  std::string configuration(const std::string& more = {}) const {
    const auto pool = [&](const char* name, std::size_t member, const std::string& lines) {
      const auto where = home_.at(member);
      return std::string{name} + " {\nhost = \"" + where.host + "\"\nport = " + std::to_string(where.port)
             + "\ndbname = \"" + where.database + "\"\nuser = \"" + role_.name()
             + "\"\nconnect-timeout = 2s\ncredential-check-interval = 500ms\ncredential-rotation-spread = 500ms\n"
             + lines + "\n}\n";
    };
    return "[tripool]\npools {\n"
           + pool("primary", 0,
                  "password-file = \"" + (at_ / "password") + "\"\nprotocol-trace = \"" + (at_ / "trace") + "\"")
           + pool("backup", 1,
                  "credential-command = \"/bin/sh '" + (at_ / "script") + "' --token " + planted[argument] + more
                    + "\"")
           + pool("failover", 2, "password = " + quoted(planted[literal])) + "}\n";
  }

  test_database home_;
  own_folder at_;
  test_role role_;
  std::unique_ptr<served> service_;
  std::unique_ptr<service::http_client> client_;
  std::string all_;
};

} // namespace

TEST_CASE("what the endpoint, the commands and the log emit holds no secret, whether logins succeed or fail",
          "[leak]") {
  leak_scene s;
  s.await("/status", "\"valid\":\"accepted\"");
  s.await("/events?kind=credential&pool=failover", "28P01"); // The literal is not the right one.
  s.ask_for_everything();
  s.ask_doctor();
  s.reload_other_secrets();

  // The server has another password; then the sources have it too.
  s.role().set_password(planted[second]);
  s.wait_for_standbys();
  s.throw_out();
  s.await("/events?kind=credential&pool=primary", "28P01");
  s.await("/events?kind=credential&pool=backup", "28P01");
  s.ask_for_everything();
  s.at().put("password", planted[second] + "\n");
  s.tell(planted[second]);
  s.await("/events?kind=credential&pool=primary", "lets us in again");
  s.await("/events?kind=credential&pool=backup", "lets us in again");
  s.ask_for_everything();

  // A wrong one in the file, a command that fails and babbles, and no file.
  s.at().put("password", planted[wrong] + "\n");
  s.babble();
  s.throw_out();
  CHECK(s.command({"control", "refresh"}).code == 1);
  s.await("/events?kind=credential&pool=backup", "exit code 3");
  s.ask_for_everything();
  std::filesystem::remove(s.at() / "password");
  s.await("/events?kind=credential&pool=primary", "No such file");
  s.ask_for_everything();
  s.ask_doctor({"--json"});
  const auto log = s.end();

  // It was talkative indeed, and the search would have found what it looks for.
  CHECK(says(log, "\"level\":\"debug\""));
  CHECK(says(s.all(), "password-file " + (s.at() / "password")));
  CHECK(s.all().size() > 100'000);
  for (const auto& x : planted) CHECK_FALSE(leak_in(s.all() + x + s.all(), planted).empty());
}
