// Sessions that are kept for themselves are replaced one at a time: none is left over, however closely changes follow.
#include "tests/actors/actor_world.hpp"

#include "tripool/actors/protocol_credentials.hpp"

using namespace tripool;
using namespace tripool::test;
using namespace std::chrono_literals;

TEST_CASE("However closely two changes follow each other, the monitor leaves no session over") {
  for (int steps = 0; steps < 40; ++steps) {
    CAPTURE(steps);
    auto o = world_options();
    for (auto& p : o.pools) p.credentials.rotation_spread = 0s;
    actor_world w{o};
    w.advance(40s);
    const auto before = w.db[backup].backends().size();
    const auto monitor = w.topology().monitor;
    const auto change = [&] {
      w.call([monitor, n = w.env->next_change()](caf::event_based_actor& self) {
        self.send(monitor, credential_changed_msg{backup, n});
      });
    };
    change();
    for (int i = 0; i < steps && w.step();) ++i;
    change();
    w.advance(2min);
    CHECK(w.db[backup].backends().size() == before);
  }
}
