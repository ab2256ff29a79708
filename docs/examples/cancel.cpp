// Many independent statements in one message; a statement that its caller takes back; one that is out of its time.
#include <tripool/actors/tripool.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>

#include <cstdio>
#include <string>
#include <utility>

namespace {

class caller : public caf::event_based_actor {
public:
  caller(caf::actor_config& cfg, caf::actor delegate) : caf::event_based_actor(cfg), delegate_(std::move(delegate)) {}

  caf::behavior make_behavior() override {
    ask_many();
    return {};
  }

private:
  /// Each has its own transaction and its own end; none of them harms another.
  void ask_many() {
    tripool::statement_list list;
    list.statements.push_back(tripool::sql_read("select $1::int", 1));
    list.statements.push_back(tripool::sql_read("select 1 / $1::int", 0));
    list.statements.push_back(tripool::sql_read("select $1::int", 3));
    request(delegate_, caf::infinite, std::move(list))
      .then(
        [this](const tripool::list_reply& all) {
          for (const auto& end : all.ends) std::printf("%s\n", end ? "a result" : end.error().message.c_str());
          take_back();
        },
        [this](const caf::error& e) { give_up(e); });
  }

  /// A key of one's own choice names what one may want to take back.
  void take_back() {
    auto slow = tripool::sql_read("select pg_sleep(60)");
    slow.cancel_key = 17;
    slow.cancel_with_caller = true; // If this actor dies, too.
    request(delegate_, caf::infinite, std::move(slow))
      .then([](const tripool::result&) {},
            [this](const caf::error& e) {
              std::printf("%s\n", std::string{to_string(tripool::failure_of(e).why)}.c_str());
              run_late();
            });
    request(delegate_, caf::infinite, tripool::cancel_request{17})
      .then([](tripool::cancel_reply x) { std::printf("%s\n", x.found ? "taken back" : "too late"); },
            [this](const caf::error& e) { give_up(e); });
  }

  /// The deadline bounds all of it: queue, connection, execution, cancel.
  void run_late() {
    auto slow = tripool::sql("select pg_sleep(60)");
    slow.timeout = std::chrono::milliseconds{200};
    request(delegate_, caf::infinite, std::move(slow))
      .then([](const tripool::result&) {},
            [this](const caf::error& e) {
              const auto f = tripool::failure_of(e);
              std::printf("%s, %s\n", std::string{to_string(f.kind)}.c_str(), std::string{to_string(f.why)}.c_str());
              quit();
            });
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
  sys.spawn<caller>((*db)->delegate());
  sys.await_all_actors_done();
}

// Prints:
// a result
// division by zero
// a result
// taken back
// cancelled
// rejected, deadline
