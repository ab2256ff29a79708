// What to do about lost answers: a write that is looked up, a watch over every doubt, and a read of what was written.
#include <tripool/actors/tripool.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include <cstdio>
#include <future>
#include <string>

namespace {

/// Hears of every answer that is in doubt, and of every doubt that was settled before its caller was answered.
class doubt_watch : public caf::event_based_actor {
public:
  doubt_watch(caf::actor_config& cfg, caf::actor delegate, std::promise<void>* ready)
    : caf::event_based_actor(cfg), delegate_(std::move(delegate)), ready_(ready) {}

  caf::behavior make_behavior() override {
    request(delegate_, caf::infinite, tripool::subscribe_events{})
      .then([this](const tripool::events_subscribed&) { ready_->set_value(); }, [](const caf::error&) {});
    return {
      [](const tripool::doubt_event& x) { std::printf("look after it: %s\n", to_string(x.what).c_str()); },
      [](const tripool::doubt_settled_event& x) { std::printf("settled: %s, by %s\n", x.name.c_str(), x.how.c_str()); },
    };
  }

private:
  caf::actor delegate_;
  std::promise<void>* ready_;
};

/// What an application does with a write that was not done.
const char* next_step(const tripool::failure& f) {
  switch (f.kind) {
    case tripool::outcome::done: return "nothing";
    case tripool::outcome::not_executed: return "send it again, now or later: f.proved says how it is known";
    case tripool::outcome::rejected: return "correct it, or tell its user: f.sqlstate and f.hint say why";
    case tripool::outcome::in_doubt: return "look before sending it again; with a token, just send it again";
  }
  return "";
}

} // namespace

int main(int argc, char** argv) {
  caf::actor_system_config cfg;
  caf::actor_system sys{cfg};
  auto db = tripool::open_instance(sys, argc > 1 ? argv[1] : "tripool.conf");
  if (!db) return std::puts(to_string(db.error()).c_str()), 2;
  tripool::blocking_client client{sys, (*db)->delegate()};
  std::promise<void> ready;
  auto watch = sys.spawn<doubt_watch>((*db)->delegate(), &ready);
  ready.get_future().wait();

  client.execute("create table visits (visitor text primary key)");

  auto visit = tripool::sql("insert into visits values ($1)", "ann");
  visit.resolve = true; // If the answer to its COMMIT is lost, its transaction is looked up by its id.
  const auto visited = client.execute(visit);
  std::printf("%s\n", visited ? "done" : next_step(visited.error()));
  const auto again = client.execute(visit);
  std::printf("%s\n", again ? "done" : next_step(again.error()));

  auto change = tripool::sql("update visits set visitor = $1", "ann smith");
  change.report_position = true;
  const auto changed = client.execute(change);
  if (!changed) return std::puts(next_step(changed.error())), 1;
  auto look = tripool::sql_read("select visitor from visits");
  look.at_least = changed->receipt().position; // Any server that has got so far, and no other.
  if (const auto seen = client.execute(look)) std::printf("%s\n", seen->one<std::string>().value().c_str());

  client.execute("drop table visits");
  caf::anon_send_exit(watch, caf::exit_reason::user_shutdown);
}

// Prints:
// done
// correct it, or tell its user: f.sqlstate and f.hint say why
// ann smith
