// Transactions: as a function that is repeated when it has to be, and step by step with a handle.
#include <tripool/actors/tripool.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>

#include <cstdio>
#include <string>
#include <utility>

namespace {

using tripool::answer;
using tripool::transaction_scope;
using tripool::transaction_task;

/// Moves money. Begun, committed, rolled back and repeated by whoever runs it.
transaction_task<int> transfer(transaction_scope& tx, int from, int to, int amount) {
  const auto rows = co_await tx.execute("select money from purses where id = $1 for update", from);
  const auto money = rows.one<int>().value();
  if (money < amount) {
    tripool::failure f;
    f.kind = tripool::outcome::rejected;
    f.message = "only " + std::to_string(money) + " left";
    co_return tripool::unexpected{f}; // Rolls back.
  }
  co_await tx.execute("update purses set money = money - $1 where id = $2", amount, from);
  co_await tx.execute("update purses set money = money + $1 where id = $2", amount, to);
  co_return money - amount; // Commits.
}

class banker : public caf::event_based_actor {
public:
  banker(caf::actor_config& cfg, caf::actor delegate) : caf::event_based_actor(cfg), delegate_(std::move(delegate)) {}

  caf::behavior make_behavior() override {
    transact(30, [this] { transact(100, [this] { step_by_step(); }); });
    return {};
  }

private:
  /// The function: the simplest way, and the one that copes with other transactions in its way.
  void transact(int amount, std::function<void()> next) {
    tripool::transact_options how;
    how.begin.level = tripool::isolation::serializable;
    tripool::transact<int>(
      this, delegate_, how,
      [amount](transaction_scope& tx) -> transaction_task<int> { return transfer(tx, 1, 2, amount); },
      [amount, next](answer<int> left) {
        if (left)
          std::printf("moved %d, %d left\n", amount, *left);
        else
          std::printf("%s\n", left.error().message.c_str());
        next();
      });
  }

  /// The handle: every step is a message. Keep the handle: when its last copy is gone, everything is taken back.
  void step_by_step() {
    request(delegate_, caf::infinite, tripool::begin{})
      .then([this](tripool::transaction_handle& tx) { set_and_commit(std::move(tx)); },
            [this](const caf::error& e) { give_up(e); });
  }

  void set_and_commit(tripool::transaction_handle tx) {
    const auto give_up_on_error = [this](const caf::error& e) { give_up(e); };
    request(tx.to, caf::infinite, tripool::sql("update purses set money = money + $1 where id = $2", 5, 1))
      .then(
        [this, tx, give_up_on_error](const tripool::result&) {
          request(tx.to, caf::infinite, tripool::commit{})
            .then(
              [this, tx](const tripool::result& end) {
                std::printf("%s\n", std::string{end.command_tag()}.c_str());
                quit();
              },
              give_up_on_error);
        },
        give_up_on_error);
  }

  void give_up(const caf::error& e) {
    std::printf("%s\n", to_string(tripool::failure_of(e)).c_str());
    quit();
  }

  caf::actor delegate_;
};

} // namespace

int main(int argc, char** argv) {
  caf::actor_system_config cfg;
  caf::actor_system sys{cfg};
  auto db = tripool::open_instance(sys, argc > 1 ? argv[1] : "tripool.conf");
  if (!db) return std::puts(to_string(db.error()).c_str()), 2;
  tripool::blocking_client client{sys, (*db)->delegate()};
  client.execute("drop table if exists purses");
  client.execute("create table purses (id int primary key, money int not null)");
  client.execute("insert into purses values (1, 100), (2, 0)");

  sys.spawn<banker>((*db)->delegate());
  sys.await_all_actors_done();

  // The same for code that may block.
  auto moved = client.transaction<int>([](tripool::blocking_transaction& tx) -> answer<int> {
    auto rows = tx.execute("update purses set money = money - 25 where id = $1 returning money", 1);
    if (!rows) return tripool::unexpected{rows.error()};
    return rows->one<int>().value();
  });
  if (moved) std::printf("%d left in the end\n", *moved);
  client.execute("drop table purses");
}

// Prints:
// moved 30, 70 left
// only 70 left
// COMMIT
// 50 left in the end
