// What a statement carries beside its text, and what comes back beside its rows: a name and a trace context, notices.
#include <tripool/actors/tripool.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  caf::actor_system_config cfg;
  caf::actor_system sys{cfg};
  auto db = tripool::open_instance(sys, argc > 1 ? argv[1] : "tripool.conf");
  if (!db) return std::puts(to_string(db.error()).c_str()), 2;
  tripool::blocking_client client{sys, (*db)->delegate()};

  auto cleanup = tripool::sql("drop table if exists yesterday");
  cleanup.name = "clean up";
  cleanup.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"; // Sent if `trace-comments` is on.
  auto done = client.execute(cleanup);
  if (!done) return std::puts(to_string(done.error()).c_str()), 1;
  for (const auto& x : done->notices()) std::printf("%s: %s\n", x.severity.c_str(), x.message.c_str());
}

// Prints:
// NOTICE: table "yesterday" does not exist, skipping
