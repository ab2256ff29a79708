// The first program: three queries. With a number of seconds behind the configuration file it goes on writing ten times
// a second for so long, and says whenever the answers change: run it while a primary crashes.
#include <tripool/actors/tripool.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace {

struct again {}; // What the visitor tells itself.

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(again)

namespace {

class visitor : public caf::event_based_actor {
public:
  visitor(caf::actor_config& cfg, caf::actor delegate, int writes)
    : caf::event_based_actor(cfg), delegate_(std::move(delegate)), writes_(writes) {}

  caf::behavior make_behavior() override {
    ask(tripool::sql("create table visits (id bigint generated always as identity, who text)"),
        [this] { ask(tripool::sql("insert into visits (who) values ($1)", "Ann"), [this] { count(); }); });
    return {[this](again) { write(); }};
  }

private:
  /// Asks, and goes on with `next` when it is done.
  void ask(tripool::statement what, std::function<void()> next) {
    request(delegate_, caf::infinite, std::move(what))
      .then([next = std::move(next)](const tripool::result&) { next(); },
            [this](const caf::error& e) {
              std::printf("%s\n", to_string(tripool::failure_of(e)).c_str());
              quit();
            });
  }

  void count() {
    request(delegate_, caf::infinite, tripool::sql("select count(*)::int from visits"))
      .then(
        [this](const tripool::result& rows) {
          std::printf("visits: %d\n", rows.one<int>().value());
          write();
        },
        [this](const caf::error&) { quit(); });
  }

  void write() {
    if (writes_-- <= 0) return ask(tripool::sql("drop table visits"), [this] { quit(); });
    auto visit = tripool::sql("insert into visits (who) values ($1)", "Bob");
    visit.timeout = std::chrono::seconds{2};
    request(delegate_, caf::infinite, std::move(visit))
      .then([this](const tripool::result&) { heard("done"); },
            [this](const caf::error& e) { heard(std::string{to_string(tripool::failure_of(e).kind)}); });
  }

  void heard(const std::string& answer) {
    if (answer != std::exchange(last_, answer)) std::printf("%s\n", answer.c_str()), std::fflush(stdout);
    delayed_send(this, std::chrono::milliseconds{100}, again{});
  }

  caf::actor delegate_;
  int writes_;
  std::string last_;
};

} // namespace

int main(int argc, char** argv) {
  caf::actor_system_config cfg;
  caf::actor_system sys{cfg};
  auto db = tripool::open_instance(sys, argc > 1 ? argv[1] : "tripool.conf");
  if (!db) return std::puts(to_string(db.error()).c_str()), 2;
  sys.spawn<visitor>((*db)->delegate(), argc > 2 ? std::atoi(argv[2]) * 10 : 0);
  sys.await_all_actors_done(); // Of the application; Tripool's own are the instance's.
}

// Prints:
// visits: 1
