// A connection for oneself: session settings, temporary tables, advisory locks. Its state is reset when it goes back.
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

  // On a connection that others use too, a setting would surprise them.
  auto refused = client.execute("set search_path = 'elsewhere'");
  if (!refused) std::printf("%s\n", refused.error().sqlstate.c_str());

  auto session = client.acquire();
  if (!session) return std::puts(to_string(session.error()).c_str()), 1;
  session->execute("set work_mem = '64MB'");
  // What the server says beside rows comes with the result; so does a setting that it reports when it changes.
  if (auto set = session->execute("set timezone = 'Asia/Kolkata'"))
    for (const auto& x : tripool::parameter_changes(*set))
      std::printf("%s is %s now\n", std::string{x.name}.c_str(), std::string{x.value}.c_str());
  session->execute("create temporary table seen (id int)");
  session->execute("insert into seen select generate_series(1, $1)", 1000);
  auto locked = session->execute("select pg_try_advisory_lock($1)", 4711);
  auto seen = session->execute("select count(*)::int, current_setting('work_mem') from seen");
  if (locked && seen) {
    const auto [count, memory] = seen->one<std::pair<int, std::string>>().value();
    std::printf("%d rows, %s, %s\n", count, memory.c_str(), locked->one<bool>().value() ? "locked" : "not locked");
  }
  // Or let it go out of scope.
  if (auto problem = session->release()) std::puts(to_string(*problem).c_str());

  auto after = session->execute("select 1");
  if (!after) std::printf("%s\n", std::string{to_string(after.error().kind)}.c_str());
}

// Prints:
// 0A000
// TimeZone is Asia/Kolkata now
// 1000 rows, 64MB, locked
// rejected
