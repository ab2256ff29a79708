// Transaction functions on a real PostgreSQL: coroutines in actors, and plain functions where one may block.
#include "tests/integration/instance_fixture.hpp"
#include "tripool/actors/client/blocking_client.hpp"
#include "tripool/actors/client/transaction_function.hpp"

#include <caf/event_based_actor.hpp>

#include <atomic>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

namespace {

using body = std::function<transaction_task<int>(transaction_scope&)>;

/// Runs one transaction function and hands on what came of it.
class caller final : public caf::event_based_actor {
public:
  caller(caf::actor_config& cfg, caf::actor delegate, transact_options how, body what,
         std::shared_ptr<std::promise<answer<int>>> to)
    : caf::event_based_actor(cfg), delegate_(delegate), how_(how), what_(std::move(what)), to_(std::move(to)) {}

  caf::behavior make_behavior() override {
    transact<int>(this, delegate_, how_, what_, [this](answer<int> x) {
      to_->set_value(std::move(x));
      quit();
    });
    return {[](int) {}};
  }

private:
  caf::actor delegate_;
  transact_options how_;
  body what_;
  std::shared_ptr<std::promise<answer<int>>> to_;
};

struct world {
  world() : on(home), db(on.system(), on.delegate()) {
    REQUIRE(db.execute("create table t (k int primary key, n int not null)"));
    REQUIRE(db.execute("insert into t values (1, 0), (2, 0)"));
  }

  std::future<answer<int>> start(body what, transact_options how = {}) {
    auto to = std::make_shared<std::promise<answer<int>>>();
    auto out = to->get_future();
    last = on.system().spawn<caller>(on.delegate(), how, std::move(what), to);
    return out;
  }
  answer<int> run(body what, transact_options how = {}) {
    auto x = start(std::move(what), how);
    REQUIRE(x.wait_for(30s) == std::future_status::ready);
    return x.get();
  }
  int sum() { return db.execute("select sum(n)::int from t")->one<int>().value(); }

  test_database home;
  running_instance on;
  blocking_client db;
  caf::actor last;
};

transaction_task<int> add_one(transaction_scope& tx, int key) {
  const auto rows = co_await tx.execute("select n from t where k = $1", key);
  const auto n = rows.one<int>().value();
  co_await tx.execute("update t set n = $1 where k = $2", n + 1, key);
  co_return n + 1;
}

} // namespace

TEST_CASE("a transaction function commits what it did when it returns a value") {
  world w;
  const auto x = w.run([](transaction_scope& tx) -> transaction_task<int> {
    const auto first = co_await add_one(tx, 1);
    const auto second = co_await add_one(tx, 2);
    co_return first.value() + second.value();
  });
  REQUIRE(x);
  CHECK(*x == 2);
  CHECK(w.sum() == 2);
}

TEST_CASE("a failure in the middle ends a transaction function and takes everything back") {
  world w;
  const auto went_on = std::make_shared<std::atomic<bool>>(false);
  const auto x = w.run([went_on](transaction_scope& tx) -> transaction_task<int> {
    co_await tx.execute("update t set n = 7");
    co_await tx.execute("select 1 / 0");
    *went_on = true;
    co_return 1;
  });
  REQUIRE(!x);
  CHECK(x.error().sqlstate == "22012");
  CHECK(!*went_on);
  CHECK(w.sum() == 0);
}

TEST_CASE("a transaction function may look at a failure and go on from a savepoint") {
  world w;
  const auto x = w.run([](transaction_scope& tx) -> transaction_task<int> {
    co_await tx.execute("update t set n = 1 where k = 1");
    co_await tx.savepoint("before the insert");
    auto inserted = co_await tx.attempt("insert into t values (1, 1)");
    if (inserted) co_return -1;
    co_await tx.rollback_to("before the insert");
    co_await tx.execute("update t set n = 1 where k = 2");
    co_return 1;
  });
  REQUIRE(x);
  CHECK(*x == 1);
  CHECK(w.sum() == 2);
}

TEST_CASE("a transaction function that returns a failure, or throws, takes everything back") {
  world w;
  const auto refused = w.run([](transaction_scope& tx) -> transaction_task<int> {
    co_await tx.execute("update t set n = 7");
    failure f;
    f.kind = outcome::rejected;
    f.message = "changed its mind";
    co_return unexpected{f};
  });
  REQUIRE(!refused);
  CHECK(refused.error().message == "changed its mind");
  const auto threw = w.run([](transaction_scope& tx) -> transaction_task<int> {
    co_await tx.execute("update t set n = 7");
    throw std::runtime_error{"out of luck"};
  });
  REQUIRE(!threw);
  CHECK(threw.error().message.find("out of luck") != std::string::npos);
  CHECK(w.sum() == 0);
}

TEST_CASE("transaction functions that get in each other's way are repeated until all have done their work once") {
  world w;
  transact_options how;
  how.begin.level = isolation::serializable;
  how.repeats.repeats_max = 200;
  std::vector<std::future<answer<int>>> all;
  const auto runs = std::make_shared<std::atomic<int>>(0);
  for (int i = 0; i < 20; ++i)
    all.push_back(w.start(
      [runs](transaction_scope& tx) -> transaction_task<int> {
        ++*runs;
        const auto rows = co_await tx.execute("select sum(n)::int from t");
        const auto n = rows.one<int>().value();
        co_await tx.execute("update t set n = $1 where k = 1", n + 1);
        co_return n + 1;
      },
      how));
  for (auto& x : all) {
    REQUIRE(x.wait_for(30s) == std::future_status::ready);
    const auto got = x.get();
    if (!got) FAIL(to_string(got.error()));
  }
  CHECK(w.sum() == 20);
  WARN("20 transactions took " << *runs << " runs");
}

TEST_CASE("a failure that repeating cannot help is not repeated") {
  world w;
  const auto runs = std::make_shared<std::atomic<int>>(0);
  const auto x = w.run([runs](transaction_scope& tx) -> transaction_task<int> {
    ++*runs;
    co_await tx.execute("insert into t values (1, 1)");
    co_return 1;
  });
  REQUIRE(!x);
  CHECK(x.error().sqlstate == "23505");
  CHECK(*runs == 1);
}

TEST_CASE("a transaction function dies with its caller, and takes everything back") {
  world w;
  const auto begun = std::make_shared<std::promise<void>>();
  auto out = w.start([begun](transaction_scope& tx) -> transaction_task<int> {
    co_await tx.execute("update t set n = 7 where k = 1");
    begun->set_value();
    co_await tx.execute("select pg_sleep(60)");
    co_return 1;
  });
  REQUIRE(begun->get_future().wait_for(10s) == std::future_status::ready);
  caf::anon_send_exit(w.last, caf::exit_reason::kill);
  auto free = sql("update t set n = 1 where k = 1"); // Waits for the lock that the dead one held.
  free.timeout = 10s;
  CHECK(w.db.execute(std::move(free)));
  CHECK(w.sum() == 1);
}

TEST_CASE("a blocking transaction function commits, takes back, throws and is repeated") {
  world w;
  const auto added = w.db.transaction<int>([](blocking_transaction& tx) -> answer<int> {
    auto rows = tx.execute("update t set n = n + 1 returning n");
    if (!rows) return unexpected{rows.error()};
    return static_cast<int>(rows->size());
  });
  REQUIRE(added);
  CHECK(*added == 2);
  CHECK(w.sum() == 2);
  CHECK_THROWS_AS(w.db.transaction<int>([](blocking_transaction& tx) -> answer<int> {
    tx.execute("update t set n = 7");
    throw std::runtime_error{"out of luck"};
  }),
                  std::runtime_error);
  CHECK(w.sum() == 2);

  blocking_transaction_options how;
  how.begin.level = isolation::serializable;
  how.repeats.repeats_max = 100;
  std::vector<std::thread> threads;
  std::atomic<int> done{0};
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      blocking_client db{w.on.system(), w.on.delegate()};
      const auto x = db.transaction<int>(
        [](blocking_transaction& tx) -> answer<int> {
          auto n = tx.execute("select sum(n)::int from t");
          if (!n) return unexpected{n.error()};
          auto set = tx.execute("update t set n = n + 1 where k = 1");
          if (!set) return unexpected{set.error()};
          return n->one<int>().value();
        },
        how);
      if (x) ++done;
    });
  for (auto& t : threads) t.join();
  CHECK(done == 4);
  CHECK(w.sum() == 6);
}

TEST_CASE("a blocking lease keeps its session until it is given back") {
  world w;
  auto lease = w.db.acquire();
  REQUIRE(lease);
  REQUIRE(lease->execute("set application_name = 'worker'"));
  REQUIRE(lease->execute("create temporary table mine (k int)"));
  CHECK(!lease->begin());
  REQUIRE(lease->execute("insert into mine values ($1)", 1));
  CHECK(!lease->rollback());
  CHECK(lease->execute("select count(*)::int from mine")->one<int>().value() == 0);
  CHECK(!lease->release());
  const auto late = lease->execute("select 1");
  REQUIRE(!late);
  CHECK(late.error().kind != outcome::in_doubt);
}
