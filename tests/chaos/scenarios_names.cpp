// What goes wrong with host names: answers that are slow, missing, wrong or none. Looking a name up happens off the
// event loop and has an end, so that nothing else waits for it; and when the names are right again, so is the service.
// Knows no server's inside. Used by the runner.
#include "tests/chaos/name_server.hpp"
#include "tests/chaos/stage.hpp"

namespace tripool::chaos {

namespace {

/// While names go wrong, the primary's sessions are ended, so that each of them has to be looked up again.
void names_go_wrong(stage& s) {
  auto& names = s.names();
  for (const auto how :
       {naming::slow, naming::silent, naming::unknown, naming::failing, naming::wrong, naming::garbage}) {
    names.set(how);
    const auto asked = names.asked();
    s.proxy(0).reset_all();
    s.wait_until("a question for a name", 5s, [&] { return names.asked() > asked; });
    s.play(700ms);
    names.set(naming::right);
    s.first_write(stage::now());
  }
  s.record("longest turn of the loop", s.db().loop().stats().longest_turn, 10ms);
  s.account();
}

} // namespace

std::vector<scenario> name_scenarios() {
  stage_setup how;
  how.by_name = how.loop_first = true;
  how.adjust = [](options& o) {
    for (auto& p : o.pools) p.connect_timeout = 2s;
  };
  return {{32, "names-go-wrong", false, how, names_go_wrong, need::private_network}};
}

} // namespace tripool::chaos
