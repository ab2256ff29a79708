// Several statements in one message and one round trip: all or nothing.
#include <tripool/actors/tripool.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <cstdio>
#include <string>

int main(int argc, char** argv) {
  caf::actor_system_config cfg;
  caf::actor_system sys{cfg};
  auto db = tripool::open_instance(sys, argc > 1 ? argv[1] : "tripool.conf");
  if (!db) return std::puts(to_string(db.error()).c_str()), 2;
  tripool::blocking_client client{sys, (*db)->delegate()};

  tripool::batch order;
  order.statements.push_back(tripool::sql("create table orders (id int primary key, what text not null)"));
  order.statements.push_back(tripool::sql("insert into orders values ($1, $2)", 1, "bread"));
  order.statements.push_back(tripool::sql("insert into orders values ($1, $2)", 2, "butter"));
  order.statements.push_back(tripool::sql("select count(*)::int from orders"));
  auto done = client.execute(order);
  if (!done) return std::puts(to_string(done.error()).c_str()), 1;
  std::printf("%zu results, %d orders\n", done->size(), done->back().one<int>().value());

  tripool::batch wrong;
  wrong.statements.push_back(tripool::sql("insert into orders values ($1, $2)", 3, "jam"));
  wrong.statements.push_back(tripool::sql("insert into orders values ($1, $2)", 1, "bread again"));
  auto refused = client.execute(wrong);
  if (!refused) std::printf("%s, %s\n", refused.error().sqlstate.c_str(), refused.error().detail.c_str());
  auto count = client.execute(tripool::sql("select count(*)::int from orders"));
  if (count) std::printf("still %d orders\n", count->one<int>().value());
  client.execute("drop table orders");
}

// Prints:
// 4 results, 2 orders
// 23505, statement 2 of 2: Key (id)=(1) already exists.
// still 2 orders
