// Secrets that change, vanish and are refused, in virtual time with real files: what the flight recorder and
// subscribers are told of it, a refresh by order, and sessions that are kept for themselves - the monitor's, the
// listener's - replaced like those of the pools.
#include "tests/actors/event_watcher.hpp"
#include "tests/actors/subscriber.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/actors/protocol_control.hpp"
#include "tripool/actors/protocol_credentials.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

/// A file with a password, in a folder of its own.
class secret_file {
public:
  explicit secret_file(const std::string& text) {
    std::string pattern = (std::filesystem::temp_directory_path() / "tripool-test-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    put(text);
  }
  secret_file(const secret_file&) = delete;
  secret_file& operator=(const secret_file&) = delete;
  ~secret_file() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string path() const { return (folder_ / "password").string(); }
  void put(const std::string& text) const { std::ofstream{path()} << text << '\n'; }
  void remove() const { std::filesystem::remove(path()); }

private:
  std::filesystem::path folder_;
};

options with_file(const secret_file& file) {
  auto o = world_options();
  for (auto& p : o.pools) {
    p.credentials.password_file = file.path();
    p.credentials.sources = "password-file";
  }
  return o;
}

/// A world in which the servers want the secret "first", and so has the file.
struct scene {
  secret_file file{"first"};
  actor_world w;

  explicit scene(const std::function<void(options&)>& adjust = {}) : w(adjusted(adjust), false) {
    servers_want("first");
    w.advance(2s);
    const auto x = w.write("insert begin 1");
    w.advance(1s);
    REQUIRE(x->text() == "done");
  }

  options adjusted(const std::function<void(options&)>& adjust) const {
    auto o = with_file(file);
    if (adjust) adjust(o);
    return o;
  }
  void servers_want(const std::string& text) {
    for (auto& x : w.db) x.dials().password = text;
  }
  /// What the recorder knows of this kind about a pool; empty: about all.
  std::vector<service_event> events(event_kind kind, const std::string& pool = {}) {
    const auto told = w.query<events_reply>(w.delegate, get_events{{.pool = pool, .kinds = mask_of(kind)}});
    REQUIRE(told);
    return told->events;
  }
  std::size_t says(event_kind kind, const std::string& pool, const std::string& text) {
    const auto all = events(kind, pool);
    return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [&](const auto& x) { return x.text.find(text) != std::string::npos; }));
  }
  credentials_refreshed refresh(const std::string& pool = {}) {
    const auto out = w.query<credentials_refreshed>(w.delegate, refresh_credentials{pool});
    REQUIRE(out);
    return *out;
  }
};

} // namespace

TEST_CASE(
  "A secret that changes, is refused, vanishes and comes back is an event of each pool, and subscribers hear it",
  "[credentials]") {
  scene s;
  auto& w = s.w;
  auto heard = std::make_shared<std::vector<service_event>>();
  auto ear = w.spawn<watcher>(w.delegate, mask_of(event_kind::credential), heard);
  w.run();
  s.servers_want("second");
  s.file.put("second");
  w.advance(11s); // credential-check-interval is 10 s.
  for (const auto* pool : {"primary", "backup", "failover"})
    CHECK(s.says(event_kind::credential, pool, "another secret is in force, from password-file " + s.file.path()) == 1);

  w.advance(70s); // All have been let in with it (credential-rotation-spread is a minute).
  s.servers_want("third");
  w.db[primary].terminate_all();
  w.advance(2s);
  const auto refused = s.events(event_kind::credential, "primary");
  for (const auto& e : refused) UNSCOPED_INFO(to_string(e));
  REQUIRE(refused.size() == 2);
  CHECK(refused[1].sqlstate == "28P01");
  CHECK(refused[1].weight == severity::error);
  CHECK(refused[1].text == "the server refuses the secret from password-file " + s.file.path());
  w.advance(30s); // It is refused all the time, and told once.
  CHECK(s.events(event_kind::credential, "primary").size() == 2);
  s.file.put("third");
  w.advance(10s);
  CHECK(s.says(event_kind::credential, "primary", "another secret is in force") == 2);
  CHECK(s.says(event_kind::credential, "primary", "the server lets us in again") == 1);

  s.file.remove();
  w.advance(11s);
  const auto gone = s.events(event_kind::credential, "backup");
  REQUIRE_FALSE(gone.empty());
  CHECK(gone.back().weight == severity::error);
  CHECK(gone.back().text.find("No such file") != std::string::npos);
  s.file.put("third");
  w.advance(11s);
  CHECK(s.says(event_kind::credential, "backup", "its sources work again") == 1);

  CHECK(heard->size() == s.events(event_kind::credential).size());
  for (const auto& e : *heard)
    for (const auto* secret : {"first", "second", "third"}) CHECK(to_string(e).find(secret) == std::string::npos);
  caf::anon_send_exit(ear, caf::exit_reason::kill);
  w.advance(1s);
  CHECK(w.broken_promises() == "");
}

TEST_CASE("A refresh by order asks the sources, tells what came of it, and is an event", "[credentials]") {
  scene s{[](options& o) {
    for (auto& p : o.pools) p.credentials.check_interval = 0s; // Nobody looks at the file by himself.
  }};
  auto& w = s.w;
  s.servers_want("second");
  s.file.put("second");
  w.advance(60s);
  CHECK(s.events(event_kind::credential).empty());
  const auto one = s.refresh("primary");
  REQUIRE(one.credentials.size() == 1);
  CHECK(one.credentials[0].changed);
  CHECK_FALSE(one.failed());
  CHECK(to_string(one) == "primary: another secret, from password-file " + s.file.path());
  const auto all = s.refresh();
  REQUIRE(all.credentials.size() == 3);
  CHECK(std::count_if(all.credentials.begin(), all.credentials.end(), [](const auto& x) { return x.changed; }) == 2);
  s.file.remove();
  const auto none = s.refresh("backup");
  CHECK(none.failed());
  CHECK(to_string(none).find("not to be had") != std::string::npos);
  CHECK_FALSE(w.query<credentials_refreshed>(w.delegate, refresh_credentials{"nowhere"}));
  const auto orders = s.events(event_kind::control);
  REQUIRE(orders.size() == 4);
  CHECK(orders[0].pool == "primary");
  CHECK(orders[0].text == "credentials were asked for anew: " + to_string(one));
  CHECK(orders[1].pool.empty());
  CHECK(orders[2].weight == severity::error);
  CHECK(orders[3].text.starts_with("refused: there is no pool named \"nowhere\""));
  // New connections are opened with the new one, and what callers ask is done.
  w.strike(w.connections(primary).at(0).who, death::kill);
  w.write("insert k v");
  w.advance(2s);
  CHECK(w.broken_promises() == "");
  CHECK(w.asked().back()->text() == "done");
}

TEST_CASE("A refresh reaches the simple pool where there is nothing else", "[credentials]") {
  scene s{[](options& o) { o.resilience = false; }};
  for (const auto* pool : {"", "primary", "simple-pool"}) {
    INFO(pool);
    const auto x = s.refresh(pool);
    REQUIRE(x.credentials.size() == 1);
    CHECK(x.credentials[0].pools == "simple-pool");
  }
  const auto none = s.w.query<credentials_refreshed>(s.w.delegate, refresh_credentials{"backup"});
  CHECK_FALSE(none); // Nobody has that one's secret.
}

namespace {

/// The processes of all servers, by server.
std::array<std::set<std::int32_t>, 3> processes(actor_world& w) {
  std::array<std::set<std::int32_t>, 3> out;
  for (std::size_t i = 0; i < out.size(); ++i)
    for (const auto& b : w.db[i].backends()) out[i].insert(b->pid());
  return out;
}

/// How often a pool's health has changed, and how many of its probes have failed.
std::pair<std::uint64_t, std::uint64_t> verdicts(actor_world& w, std::size_t pool) {
  const auto h = w.status().monitor.pools.at(pool).health;
  return {h.transitions, h.probes_failed};
}

} // namespace

TEST_CASE("After a rotation no session is left that was opened with the old secret, and nobody finds a server ill",
          "[credentials]") {
  scene s;
  auto& w = s.w;
  subscriber x{w};
  x.subscribe({"a"});
  w.advance(40s);
  const auto before = processes(w);
  std::array<std::pair<std::uint64_t, std::uint64_t>, 3> judged;
  for (std::size_t i = 0; i < 3; ++i) judged[i] = verdicts(w, i);
  x.forget();
  s.servers_want("second");
  s.file.put("second");
  w.advance(10s + 70s); // credential-check-interval and credential-rotation-spread.
  const auto after = processes(w);
  for (std::size_t i = 0; i < 3; ++i) {
    INFO("pool " << i);
    CHECK_FALSE(after[i].empty());
    for (const auto pid : before[i]) CHECK_FALSE(after[i].contains(pid));
    CHECK(verdicts(w, i) == judged[i]);
    CHECK(w.status().monitor.pools[i].health.state == health_state::healthy);
  }
  REQUIRE(x.log() == std::vector<std::string>{"gap a", "over a"});
  CHECK(x.heard().gaps[0].why.find("secret") != std::string::npos);
  w.db[primary].notify("a", "again");
  w.run();
  CHECK(x.log().back() == "a: again");
  // One session for the probes, one for the listener, as before.
  CHECK(after[primary].size() == before[primary].size());
  CHECK(after[backup].size() == before[backup].size());
}

TEST_CASE("While no server knows the new secret, sessions that are kept for themselves stay, and nobody hears of it",
          "[credentials]") {
  scene s;
  auto& w = s.w;
  subscriber x{w};
  x.subscribe({"a"});
  w.advance(40s);
  const auto before = w.status();
  x.forget();
  s.file.put("second"); // The file runs ahead.
  w.advance(5min);
  const auto during = w.status();
  CHECK(during.listener.backend_pid == before.listener.backend_pid);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(during.monitor.pools[i].prober == before.monitor.pools[i].prober);
    CHECK(during.monitor.pools[i].health.state == health_state::healthy);
    CHECK(during.monitor.pools[i].health.transitions == before.monitor.pools[i].health.transitions);
    CHECK(during.monitor.pools[i].health.probes_failed == before.monitor.pools[i].health.probes_failed);
  }
  CHECK(x.log().empty());
  s.servers_want("second");
  w.advance(5min);
  const auto after = w.status();
  CHECK(after.listener.backend_pid != before.listener.backend_pid);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(after.monitor.pools[i].prober != before.monitor.pools[i].prober);
    CHECK(after.monitor.pools[i].health.probes_failed == before.monitor.pools[i].health.probes_failed);
  }
  CHECK(x.log() == std::vector<std::string>{"gap a", "over a"});
}

TEST_CASE("Whoever dies while sessions are replaced, notifications are heard or a gap is told", "[credentials]") {
  for (int step = 0; step < 12; ++step) {
    INFO("death after " << step << " jobs");
    scene s{[](options& o) {
      for (auto& p : o.pools) p.credentials.rotation_spread = 0s;
    }};
    auto& w = s.w;
    subscriber x{w};
    x.subscribe({"a"});
    w.advance(40s);
    x.forget();
    s.servers_want("second");
    s.file.put("second");
    const auto carrier = w.topology().carrier;
    const auto monitor = w.topology().monitor;
    const auto session = w.status().listener.session;
    w.skip(11s);
    for (int i = 0; i < step * 4; ++i) w.step();
    w.strike(step % 3 == 0 ? carrier : step % 3 == 1 ? monitor : session, death::kill);
    w.advance(2min);
    w.db[primary].notify("a", "after");
    w.run();
    REQUIRE(x.log().size() >= 3);
    CHECK(x.log().front() == "gap a");
    CHECK(x.log().back() == "a: after");
    for (std::size_t i = 0; i < 3; ++i) CHECK(w.status().monitor.pools.at(i).health.state == health_state::healthy);
    CHECK(w.broken_promises() == "");
  }
}

TEST_CASE("The carrier's death loses neither the last known good secret nor a change", "[credentials]") {
  scene s;
  auto& w = s.w;
  s.file.remove();
  w.strike(w.topology().carrier, death::kill);
  w.advance(2s);
  w.db[primary].terminate_all();
  const auto x = w.write("insert emergency 1");
  w.advance(3s);
  CHECK(x->text() == "done");
  CHECK(w.status().carrier.credentials.at(primary).emergency);
  s.file.put("first");
  w.advance(20s);
  const auto before = processes(w);
  s.servers_want("second");
  s.file.put("second");
  w.strike(w.topology().carrier, death::kill);
  w.advance(70s);
  const auto after = processes(w);
  for (std::size_t i = 0; i < 3; ++i)
    for (const auto pid : before[i]) CHECK_FALSE(after[i].contains(pid));
  CHECK(w.broken_promises() == "");
}

TEST_CASE("Whoever is started anew while the file runs ahead of the server keeps no session with the old secret",
          "[credentials]") {
  scene s;
  auto& w = s.w;
  subscriber x{w};
  x.subscribe({"a"});
  s.file.put("second");
  w.advance(20s); // Known, and refused: the first is lent on.
  const auto before = w.topology();
  w.strike(before.monitor, death::kill);
  w.strike(before.listener, death::kill);
  w.strike(before.pools.at(primary), death::kill);
  w.advance(20s);
  const auto old = processes(w);
  s.servers_want("second");
  w.advance(4min);
  const auto after = processes(w);
  for (std::size_t i = 0; i < 3; ++i) {
    INFO("pool " << i);
    CHECK_FALSE(after[i].empty());
    for (const auto pid : old[i]) CHECK_FALSE(after[i].contains(pid));
  }
  CHECK(w.broken_promises() == "");
}

TEST_CASE("After a reload that concerns sessions, the server is probed and listened to on new ones", "[credentials]") {
  scene s;
  auto& w = s.w;
  subscriber x{w};
  x.subscribe({"a"});
  w.advance(2s);
  auto fresh = std::make_shared<options>(*w.env->current());
  fresh->pools[primary].target.application_name = "another name";
  const auto prober = w.status().monitor.pools.at(primary).prober;
  const auto session = w.status().listener.backend_pid;
  x.forget();
  REQUIRE(w.query<control_reply>(w.delegate, reload_options{fresh}));
  w.advance(2s);
  CHECK(w.status().monitor.pools.at(primary).prober != prober);
  CHECK(w.status().monitor.pools.at(primary).health.state == health_state::healthy);
  CHECK(w.status().listener.backend_pid != session);
  CHECK(x.log() == std::vector<std::string>{"gap a", "over a"});
}
