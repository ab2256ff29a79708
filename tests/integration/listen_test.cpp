// Notifications through real servers while all is well: delivery, order, names, payloads, the end of subscriptions.
#include "tests/integration/ear.hpp"
#include "tests/support/catch.hpp"

#include <memory>
#include <string>
#include <thread>
#include <utility>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

struct scene {
  test_database home;
  running_instance x;

  scene() : x(home) { REQUIRE(x.wait_until_writable(10s)); }

  /// Sends what `notify` makes, and fails the test if it is not done.
  void tell(const std::string& channel, const std::string& payload) {
    auto s = notify(channel, payload);
    REQUIRE(s);
    caf::scoped_actor self{x.system()};
    self->request(x.delegate(), 20s, std::move(*s))
      .receive([](const result&) {}, [&](const caf::error& e) { FAIL(to_string(failure_of(e))); });
  }

  /// Waits until the session listens to so many channels.
  void require_listening(std::size_t n) {
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (x.status().listener.listening != n) {
      REQUIRE(std::chrono::steady_clock::now() < until);
      std::this_thread::yield();
    }
  }
};

} // namespace

TEST_CASE("notifications of this client and of others arrive in the order of their commits", "[listen]") {
  scene s;
  ear e{s.x};
  REQUIRE_FALSE(e.subscribe({"orders", "stock"}));
  s.tell("orders", "1");
  s.home.sql("notify stock, 'two'");
  s.tell("orders", "");
  s.home.sql("begin; notify orders, '4'; notify stock; notify orders, '5'; commit");
  e.require({"orders: 1", "stock: two", "orders: ", "orders: 4", "stock: ", "orders: 5"});
  s.home.sql("begin; notify orders, 'never'; rollback");
  s.tell("orders", "last");
  e.require({"orders: last"});
  CHECK(s.x.status().listener.pool == "primary");
}

TEST_CASE("a statement NOTIFY and a batch notify as well", "[listen]") {
  scene s;
  ear e{s.x};
  REQUIRE_FALSE(e.subscribe({"c"}));
  CHECK(s.x.ask("notify c, 'plain'").value);
  batch b;
  b.statements = {*notify("c", "one"), *notify("c", "two"), *notify("c", "one")};
  caf::scoped_actor self{s.x.system()};
  self->request(s.x.delegate(), 20s, std::move(b))
    .receive([](const reply&) {}, [&](const caf::error& x) { FAIL(to_string(failure_of(x))); });
  s.tell("c", "end");
  // Of equals within one transaction PostgreSQL sends the first.
  e.require({"c: plain", "c: one", "c: two", "c: end"});
}

TEST_CASE("each subscriber hears its own channels, over one session", "[listen]") {
  scene s;
  ear one{s.x};
  ear two{s.x};
  REQUIRE_FALSE(one.subscribe({"a", "both"}));
  REQUIRE_FALSE(two.subscribe({"both", "b"}));
  s.tell("a", "1");
  s.tell("both", "2");
  s.tell("b", "3");
  s.tell("both", "end");
  one.require({"a: 1", "both: 2", "both: end"});
  two.require({"both: 2", "b: 3", "both: end"});
  CHECK(s.x.status().listener.dials == 1);
  // The connections of the pools listen to nothing.
  CHECK(s.x.status().delegate.subscriptions.subscriptions == 4);
}

TEST_CASE("who unsubscribes hears no more, and its channels are not listened to any more", "[listen]") {
  scene s;
  ear one{s.x};
  ear two{s.x};
  REQUIRE_FALSE(one.subscribe({"a", "b"}));
  REQUIRE_FALSE(two.subscribe({"b"}));
  REQUIRE_FALSE(one.unsubscribe({"a"}));
  s.require_listening(1);
  s.tell("a", "1");
  s.tell("b", "2");
  one.require({"b: 2"});
  two.require({"b: 2"});
  REQUIRE_FALSE(one.unsubscribe({}));
  s.tell("b", "3");
  two.require({"b: 3"});
  CHECK(one.quiet());
  const auto refused = one.unsubscribe({"b"});
  REQUIRE(refused);
  CHECK(refused->sqlstate == "42704");
}

TEST_CASE("a subscriber that has gone is not listened for any more", "[listen]") {
  scene s;
  auto one = std::make_unique<ear>(s.x);
  ear two{s.x};
  REQUIRE_FALSE(one->subscribe({"a", "b"}));
  REQUIRE_FALSE(two.subscribe({"b"}));
  s.require_listening(2);
  one.reset();
  s.require_listening(1);
  CHECK(s.x.status().delegate.subscriptions.subscribers == 1);
  s.tell("b", "1");
  two.require({"b: 1"});
}

TEST_CASE("channels may have any name of 1 to 63 bytes", "[listen]") {
  scene s;
  ear e{s.x};
  const std::vector<std::string> odd{"Case Kept",           "case kept",         "a \"quoted\" one",
                                     "'; drop table x; --", "\\\\ $1 %s",        "\xC3\xBC\xE2\x82\xAC\xF0\x9F\x90\x98",
                                     "new\nline\tand tab",  std::string(63, 'x')};
  REQUIRE_FALSE(e.subscribe(odd));
  std::size_t n = 0;
  for (const auto& name : odd) {
    s.tell(name, std::to_string(n));
    e.require({name + ": " + std::to_string(n++)});
  }
  const auto too_long = e.subscribe({std::string(64, 'x')});
  REQUIRE(too_long);
  CHECK(too_long->sqlstate == "42622");
  REQUIRE(e.subscribe({""}));
  REQUIRE(e.subscribe({std::string("a\0b", 3)}));
  REQUIRE(e.subscribe({"\xC3"}));
  s.tell(odd[0], "still there");
  e.require({odd[0] + ": still there"});
}

TEST_CASE("payloads of every size arrive whole, and the server agrees about the longest", "[listen]") {
  scene s;
  ear e{s.x};
  REQUIRE_FALSE(e.subscribe({"c"}));
  std::string euros;
  while (euros.size() + 3 <= payload_bytes_max) euros += "\xE2\x82\xAC";
  for (const auto& payload : {std::string{}, std::string{" "}, std::string{"line\nline\t\"'\\ $1"}, euros,
                              std::string(payload_bytes_max, 'x')}) {
    s.tell("c", payload);
    e.require({"c: " + payload});
  }
  const auto a = s.x.ask("select pg_notify('c', repeat('x', 8000))");
  REQUIRE(a.why_not);
  CHECK(a.why_not->sqlstate == "22023");
  CHECK(notify("c", std::string(8000, 'x')).error().sqlstate == "22023");
}

TEST_CASE("ten thousand notifications come without loss and in their order", "[listen]") {
  scene s;
  ear one{s.x};
  ear two{s.x};
  REQUIRE_FALSE(one.subscribe({"n"}));
  REQUIRE_FALSE(two.subscribe({"n", "other"}));
  // Many small transactions and some large ones, one after the other.
  int sent = 0;
  while (sent < 10'000) {
    for (int i = 0; i < 50; ++i) s.tell("n", std::to_string(sent++));
    const auto until = sent + 449;
    s.home.sql("select pg_notify('n', i::text) from generate_series(" + std::to_string(sent) + ", "
               + std::to_string(until) + ") i");
    sent = until + 1;
  }
  for (auto* e : {&one, &two}) {
    for (int i = 0; i < sent; ++i) {
      const auto heard = e->next();
      REQUIRE(heard);
      if (*heard != "n: " + std::to_string(i)) FAIL("heard \"" << *heard << "\" instead of " << i);
    }
    CHECK(e->quiet());
  }
  CHECK(s.x.status().listener.notifications == static_cast<std::uint64_t>(sent));
}

TEST_CASE("a thousand channels can be listened to, and no more than configured", "[listen]") {
  scene s;
  ear e{s.x};
  std::vector<std::string> many;
  for (int i = 0; i < 1000; ++i) many.push_back("channel " + std::to_string(i));
  REQUIRE_FALSE(e.subscribe(many));
  s.tell("channel 0", "first");
  s.tell("channel 999", "last");
  e.require({"channel 0: first", "channel 999: last"});
  const auto refused = e.subscribe({"one more"});
  REQUIRE(refused);
  CHECK(refused->sqlstate == "54000");
  CHECK(refused->hint.find("channels-max") != std::string::npos);
  REQUIRE_FALSE(e.unsubscribe({}));
  s.require_listening(0);
  REQUIRE_FALSE(e.subscribe({"one more"}));
}
