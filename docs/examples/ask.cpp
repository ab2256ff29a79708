// An actor that asks: statements, rows as values and structs, failures with their outcomes.
#include <tripool/actors/tripool.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>

#include <cstdio>
#include <string>
#include <utility>

namespace {

struct planet {
  std::string name;
  int moons;
};

/// Asks three times, one after the other, and ends.
class astronomer : public caf::event_based_actor {
public:
  astronomer(caf::actor_config& cfg, caf::actor delegate)
    : caf::event_based_actor(cfg), delegate_(std::move(delegate)) {}

  caf::behavior make_behavior() override {
    ask_planets();
    return {};
  }

private:
  void ask_planets() {
    tripool::statement question;
    question.text = "select name, moons from (values ('Earth', 1), ('Mars', 2)) x(name, moons) where moons >= $1";
    question.parameters = {1};
    question.mode = tripool::access::read; // May run on a standby; repeated when its answer is lost.
    question.timeout = std::chrono::seconds{5};
    request(delegate_, caf::infinite, std::move(question))
      .then(
        [this](const tripool::result& rows) {
          for (const auto row : rows) {
            const auto x = row.as<planet>();
            if (x) std::printf("%s has %d\n", x->name.c_str(), x->moons);
          }
          ask_wrongly();
        },
        [this](const caf::error& e) { give_up(e); });
  }

  void ask_wrongly() {
    request(delegate_, caf::infinite, tripool::statement{"select name from planets_of_another_sun"})
      .then([](const tripool::result&) {},
            [this](const caf::error& e) {
              const auto f = tripool::failure_of(e);
              std::printf("%s %s: %s\n", std::string{to_string(f.kind)}.c_str(), f.sqlstate.c_str(), f.message.c_str());
              read_wrongly();
            });
  }

  void read_wrongly() {
    request(delegate_, caf::infinite, tripool::statement{"select null::int as age"})
      .then(
        [this](const tripool::result& rows) {
          const auto age = rows.one<int>();
          if (!age) std::printf("%s\n", age.error().message.c_str());
          quit();
        },
        [this](const caf::error& e) { give_up(e); });
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
  sys.spawn<astronomer>((*db)->delegate());
  sys.await_all_actors_done(); // Of the application; Tripool's own are the instance's.
}

// Prints:
// Earth has 1
// Mars has 2
// rejected 42P01: relation "planets_of_another_sun" does not exist
// column "age" (0), row 0: NULL of int4 cannot be read as std::int32_t: ask for a std::optional
