// Callers whose processes die, hang, or read nothing: what they had is undone within a bound, what they asked for costs
// a bounded amount of memory, and everybody else is served all the while.
#include "tests/remote/processes.hpp"
#include "tests/support/memory.hpp"

#include "tripool/actors/error.hpp"
#include "tripool/actors/remote/envelope.hpp"

#include <caf/io/middleman.hpp>
#include <caf/openssl/all.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <fstream>
#include <iostream>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

using steady = std::chrono::steady_clock;

std::size_t lent(local_node& node) {
  return node.status().pools.at(0).stats.connections.lent;
}

/// Milliseconds until nothing is lent any more.
std::int64_t time_until_given_back(local_node& node, std::chrono::seconds limit) {
  const auto began = steady::now();
  REQUIRE(cluster::wait_until(limit, [&] { return lent(node) == 0; }));
  return std::chrono::duration_cast<std::chrono::milliseconds>(steady::now() - began).count();
}

/// Forgets the most memory that this process has had; `peak_memory` says what it was since then, in bytes.
void forget_peak_memory() {
  std::ofstream{"/proc/self/clear_refs"} << "5";
}
std::size_t peak_memory() {
  std::ifstream in{"/proc/self/status"};
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6)) * 1024;
  FAIL("no VmHWM");
  return 0;
}

void require_served(remote_caller& caller) {
  const auto began = steady::now();
  auto out = caller.client().execute(asking("select 41 + 1", access::read));
  if (!out) FAIL(to_string(out.error()));
  REQUIRE(out->raw(0, 0) == "42");
  if (memory_can_be_measured) CHECK(steady::now() - began < 3s); // Not by a sanitizer's time.
}

/// A peer that speaks the protocol, says that it is there, and never that it has read anything.
struct greedy_peer {
  explicit greedy_peer(const remote_node& to) : self(system) {
    auto found = system.middleman().remote_actor(to.host, to.port);
    REQUIRE(found);
    gate = std::move(*found);
    self->send(gate, remote_envelope{envelope_kind::hello, remote_protocol_version, 0, {}, {}});
    self->receive([&](const remote_envelope& x) { guest = x.who; }, caf::after(10s) >> [] { FAIL("no welcome"); });
    REQUIRE(guest);
    self->monitor(guest);
  }
  static caf::actor_system_config& configured(service::system_config& x) {
    configure_remote(x);
    return x;
  }

  service::system_config config{};
  caf::actor_system system{configured(config)};
  caf::scoped_actor self;
  caf::actor gate;
  caf::actor guest;
};

constexpr const char* large = "select repeat('x', 1000000)";

} // namespace

TEST_CASE("a caller's process that is killed in a transaction leaves nothing: it is rolled back within two seconds",
          "[remote][callers]") {
  test_database home;
  home.sql("create table t (n bigint)");
  local_node node{home};
  remote_caller other{{node.at()}};
  require_served(other);
  caller_process caller{node.at()};
  const auto begun = caller.ask("begin");
  REQUIRE(begun.starts_with("begun "));
  REQUIRE(caller.ask("in insert into t values (1)") == "done 0 INSERT 0 1");
  REQUIRE(lent(node) == 1);
  CHECK(node.gate().guests == 2);

  caller.signal(SIGKILL);
  const auto took = time_until_given_back(node, 10s);
  std::cout << "killed in a transaction: the connection is back after " << took << " ms\n";
  CHECK(took < 2000);
  CHECK(home.value("select count(*) from t") == "0");
  // Back in its pool, not closed: the next one gets the same session.
  CHECK(home.value("select count(*) from pg_stat_activity where state = 'idle' and pid = " + begun.substr(6)) == "1");
  CHECK(cluster::wait_until(10s, [&] { return node.gate().guests == 1; }));
  require_served(other);
}

TEST_CASE("a caller's process that hangs in a transaction loses it, and is told so when it goes on",
          "[remote][callers]") {
  test_database home;
  home.sql("create table t (n bigint)");
  gate_limits limits;
  limits.silence_max = 3s;
  local_node node{home, "127.0.0.1", limits};
  caller_process caller{node.at()};
  REQUIRE(caller.ask("begin").starts_with("begun "));
  REQUIRE(caller.ask("in insert into t values (1)") == "done 0 INSERT 0 1");
  caller.signal(SIGSTOP);
  const auto took = time_until_given_back(node, 20s);
  std::cout << "hung in a transaction: the connection is back after " << took << " ms\n";
  CHECK(took < 6000);
  CHECK(node.gate().guests == 0);
  caller.signal(SIGCONT);
  // Once a read has come back by a new link, it has heard of the old one's end. (A COMMIT before that may be in doubt.)
  REQUIRE(caller.ask("many 1 select 1") == "sent 1");
  REQUIRE(caller.ask("answers") == "answers 1 1 0 0");
  const auto end = caller.ask("commit");
  INFO(end);
  CHECK(end.starts_with("failed not_executed"));
  CHECK(caller.ask("run insert into t values (2)") == "done 0 INSERT 0 1");
  CHECK(home.value("select string_agg(n::text, ',') from t") == "2");
}

TEST_CASE("a caller that asks for much and reads nothing costs bounded memory and is ended; others are served",
          "[remote][callers]") {
  test_database home;
  gate_limits limits;
  limits.unread_bytes_max = std::size_t{16} << 20U;
  limits.silence_max = 5s;
  std::optional<remote_certificates> certs;
  remote_tls_files node_files;
  remote_tls_files slow_files;
  remote_tls_files other_files;
  SECTION("without TLS") {}
  SECTION("with TLS") {
    certs.emplace();
    node_files = certs->issue("node", "ca", "ca");
    slow_files = certs->issue("slow", "ca", "ca");
    other_files = certs->issue("other", "ca", "ca");
  }
  local_node node{home, "127.0.0.1", limits, node_files};
  remote_caller other{{node.at()}, other_files};
  require_served(other);
  caller_process slow{node.at(), slow_files};
  require_served(other);
  CHECK(node.gate().guests == 2);
  forget_peak_memory();
  const auto before = peak_memory();

  constexpr std::size_t calls = 200; // A megabyte each.
  REQUIRE(slow.ask("many " + std::to_string(calls) + ' ' + large) == "sent " + std::to_string(calls));
  // It has gone out before the process stops.
  const auto received = [&] { return node.status().delegate.received; };
  REQUIRE(cluster::wait_until(20s, [&] { return received() >= calls; }));
  slow.signal(SIGSTOP);
  const auto until = steady::now() + 20s;
  while (node.gate().guests > 1 && steady::now() < until) require_served(other);
  CHECK(node.gate().guests == 1);
  require_served(other);
  const auto grown = (peak_memory() - before) >> 20U;
  std::cout << "a caller that reads nothing: the node's memory grew by " << grown << " MiB of " << calls
            << " asked for\n";
  if (memory_can_be_measured) CHECK(grown < 150);

  // Every call is answered once, whatever becomes of it, and the caller is served again.
  slow.signal(SIGCONT);
  const auto answers = slow.ask("answers");
  INFO(answers);
  CHECK(answers.starts_with("answers " + std::to_string(calls) + ' '));
  std::string served;
  CHECK(cluster::wait_until(30s, [&] { // Until it has read what was sent before.
    served = slow.ask("run select 1");
    return served.starts_with("done 1");
  }));
  INFO(served);
  require_served(other);
}

TEST_CASE("a peer that says that it lives but never that it read is refused, then ended", "[remote][callers]") {
  test_database home;
  gate_limits limits;
  limits.unread_bytes_max = std::size_t{4} << 20U;
  local_node node{home, "127.0.0.1", limits};
  greedy_peer peer{node.at()};
  std::size_t done = 0;
  std::size_t refused = 0;
  bool ended = false;
  std::string why;
  for (std::uint64_t id = 1; id <= 20 && !ended; ++id) {
    peer.self->send(peer.guest, remote_envelope{envelope_kind::ping, 0, 0, {}, {}});
    peer.self->send(peer.guest,
                    remote_envelope{envelope_kind::call, id, 0, encode_call(asking(large, access::read)), {}});
    for (bool answered = false; !answered && !ended;) {
      peer.self->receive(
        [&](const remote_envelope& x) {
          if (x.kind != envelope_kind::answer) return;
          answered = true;
          const auto body = decode_answer(x.data);
          REQUIRE(body);
          if (const auto* f = std::get_if<failure>(&*body)) {
            ++refused;
            CHECK(f->kind == outcome::not_executed);
            why = f->message;
          } else {
            ++done;
          }
        },
        [&](const caf::down_msg&) { ended = true; }, caf::after(20s) >> [&] { FAIL("no answer"); });
    }
  }
  CHECK(done == 3); // Above half of the bound nothing more is begun.
  CHECK(refused == 17);
  CHECK_FALSE(ended);
  CHECK(why.find("unread_bytes_max") != std::string::npos);

  // Those that were begun before are not: who asks for all of it at once is ended.
  greedy_peer other{node.at()};
  for (std::uint64_t id = 1; id <= 20; ++id)
    other.self->send(other.guest,
                     remote_envelope{envelope_kind::call, id, 0, encode_call(asking(large, access::read)), {}});
  std::size_t came = 0;
  for (ended = false; !ended;)
    other.self->receive([&](const remote_envelope& x) { came += x.kind == envelope_kind::answer ? 1 : 0; },
                        [&](const caf::down_msg&) { ended = true; },
                        caf::after(20s) >> [&] { FAIL("it is not ended"); });
  CHECK(came <= 6);
  remote_caller good{{node.at()}};
  require_served(good);
}

TEST_CASE("results beyond what may stay unread arrive, as long as they are read", "[remote][callers]") {
  test_database home;
  gate_limits limits;
  limits.unread_bytes_max = std::size_t{32} << 20U;
  local_node node{home, "127.0.0.1", limits};
  remote_caller caller{{node.at()}};
  auto db = caller.client();
  for (int i = 0; i < 30; ++i) {
    const auto x = db.execute(asking("select repeat('x', 5000000)", access::read));
    if (!x) FAIL(to_string(x.error()));
    REQUIRE(x->raw(0, 0)->size() == 5'000'000);
  }
  const auto huge = db.execute(asking("select repeat('x', 70000000)", access::read, 60s));
  if (!huge) FAIL(to_string(huge.error()));
  CHECK(huge->raw(0, 0)->size() == 70'000'000);
}

TEST_CASE("a peer that subscribes and reads nothing is ended within its bound; others hear everything",
          "[remote][callers][listen]") {
  test_database home;
  gate_limits limits;
  limits.unread_bytes_max = std::size_t{16} << 20U;
  local_node node{home, "127.0.0.1", limits};
  greedy_peer peer{node.at()};
  // What is no subscription is answered, and harms nobody.
  auto damaged = encode_call(subscribe{{"a"}, {}, {}});
  damaged[5] = '\x7f';
  const auto answer_to = [&](std::string bytes) {
    peer.self->send(peer.guest, remote_envelope{envelope_kind::call, 1, 0, std::move(bytes), {}});
    std::optional<remote_answer_body> out;
    peer.self->receive(
      [&](const remote_envelope& x) {
        if (auto body = decode_answer(x.data)) out = std::move(*body);
      },
      caf::after(20s) >> [] { FAIL("no answer"); });
    REQUIRE(out);
    return std::move(*out);
  };
  const auto refused = answer_to(damaged);
  REQUIRE(std::holds_alternative<failure>(refused));
  CHECK(std::get<failure>(refused).kind == outcome::rejected);
  REQUIRE(std::holds_alternative<subscribed>(answer_to(encode_call(subscribe{{"a"}, {}, {}}))));

  remote_caller caller{{node.at()}};
  caf::scoped_actor good{caller.system()};
  good->request(caller.proxy(), 60s, subscribe{{"a"}, 20s, {}})
    .receive([](const subscribed&) {}, [](const caf::error& e) { FAIL(to_string(failure_of(e))); });
  CHECK(node.status().delegate.subscriptions.subscribers == 2);
  // In parts, each of which is read by who reads before the next one comes.
  for (int part = 0; part < 8; ++part) {
    const auto first = part * 500 + 1;
    home.sql("select pg_notify('a', n || repeat('x', 7000)) from generate_series(" + std::to_string(first) + ", "
             + std::to_string(first + 499) + ") n");
    for (int i = first; i < first + 500; ++i)
      good->receive([&](const notification& x) { REQUIRE(x.payload.starts_with(std::to_string(i) + 'x')); },
                    [](const notification_gap& x) { FAIL("a gap: " << x.why); },
                    caf::after(20s) >> [] { FAIL("nothing comes"); });
  }
  std::size_t bytes = 0;
  for (bool ended = false; !ended;)
    peer.self->receive([&](const remote_envelope& x) { bytes += x.data.size(); },
                       [&](const caf::down_msg&) { ended = true; },
                       caf::after(20s) >> [&] { FAIL("it is not ended"); });
  CHECK(bytes <= limits.unread_bytes_max + 10'000);
  CHECK(cluster::wait_until(10s, [&] { return node.status().delegate.subscriptions.subscribers == 1; }));
  require_served(caller);
}
