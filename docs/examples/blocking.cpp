// Asking from main(), where one may block, and with callbacks, where one must not: no actor in sight.
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

  // Blocking: each call returns by the statement's deadline, with the result or the failure.
  tripool::blocking_client client{sys, (*db)->delegate()};
  client.execute("drop table if exists pets");
  client.execute("create table pets (name text primary key, legs int)");
  auto added = client.execute("insert into pets values ($1, $2), ($3, $4)", "Rex", 4, "Tweety", 2);
  if (!added) return std::puts(to_string(added.error()).c_str()), 1;
  std::printf("added %d pets\n", static_cast<int>(added->affected_rows()));

  auto legs = client.execute("select sum(legs)::int from pets");
  if (legs) std::printf("%d legs\n", legs->one<int>().value());

  auto again = client.execute("insert into pets values ($1, $2)", "Rex", 4);
  if (!again)
    std::printf("%s, SQLSTATE %s\n", std::string{to_string(again.error().kind)}.c_str(),
                again.error().sqlstate.c_str());

  // Callbacks: called on a thread of the actor system, exactly once, by the deadline. A future does the same.
  const tripool::callback_client later{sys, (*db)->delegate()};
  auto answer = later.execute(tripool::sql("select name from pets where legs = $1", 2));
  auto rows = answer.get();
  if (rows) std::printf("%s has two\n", rows->one<std::string>().value().c_str());

  client.execute("drop table pets");
}

// Prints:
// added 2 pets
// 6 legs
// rejected, SQLSTATE 23505
// Tweety has two
