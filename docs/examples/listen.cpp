// An actor that keeps a copy of something in the database up to date: it subscribes, reads, follows the notifications,
// and reads anew after a gap.
#include <tripool/actors/tripool.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>

#include <cstdio>
#include <string>
#include <utility>

namespace {

/// Follows the channel "Stock" until it is told that the shop closes.
class stock_keeper : public caf::event_based_actor {
public:
  stock_keeper(caf::actor_config& cfg, caf::actor delegate)
    : caf::event_based_actor(cfg), delegate_(std::move(delegate)) {}

  caf::behavior make_behavior() override {
    request(delegate_, caf::infinite, tripool::subscribe{{"Stock"}})
      .then([this](const tripool::subscribed&) { read_all("subscribed"); },
            [this](const caf::error& e) {
              std::printf("%s\n", to_string(tripool::failure_of(e)).c_str());
              quit();
            });
    return {
      [this](const tripool::notification& x) {
        std::printf("%s: %s\n", x.channel.c_str(), x.payload.c_str());
        if (x.payload == "closing") leave();
      },
      [this](const tripool::notification_gap& x) {
        if (x.over) read_all("listening again"); // Whatever was missed, the state tells.
      },
    };
  }

private:
  void read_all(const char* why) {
    std::printf("%s, reading everything\n", why);
    tell("3 apples");
  }

  /// What another program would do.
  void tell(std::string payload) {
    auto s = tripool::notify("Stock", std::move(payload));
    if (!s) return std::printf("%s\n", to_string(s.error()).c_str()), quit();
    request(delegate_, caf::infinite, std::move(*s))
      .then(
        [this](const tripool::result&) {
          if (!std::exchange(closing_, true)) tell("closing");
        },
        [this](const caf::error& e) {
          std::printf("%s\n", to_string(tripool::failure_of(e)).c_str());
          quit();
        });
  }

  void leave() {
    request(delegate_, caf::infinite, tripool::unsubscribe{{"Stock"}})
      .then(
        [this](const tripool::unsubscribed&) {
          std::printf("unsubscribed\n");
          quit();
        },
        [this](const caf::error&) { quit(); });
  }

  caf::actor delegate_;
  bool closing_ = false;
};

} // namespace

int main(int argc, char** argv) {
  caf::actor_system_config cfg;
  caf::actor_system sys{cfg};
  auto db = tripool::open_instance(sys, argc > 1 ? argv[1] : "tripool.conf");
  if (!db) return std::puts(to_string(db.error()).c_str()), 2;
  sys.spawn<stock_keeper>((*db)->delegate());
  sys.await_all_actors_done(); // Of the application; Tripool's own are the instance's.
}

// Prints:
// subscribed, reading everything
// Stock: 3 apples
// Stock: closing
// unsubscribed
