// Changing passwords.
// Used by the simulation through passwords.hpp.
#include "tests/simulation/passwords.hpp"

#include "tripool/actors/protocol_credentials.hpp"

#include <utility>

namespace tripool::test {

void passwords::strike() {
  if (!s_.plan.secrets) return;
  switch (s_.pick(5)) {
    case 0:
      s_.note(s_.safe->failing() ? "the vault is opened" : "the vault is sealed");
      return s_.safe->fail(!s_.safe->failing());
    case 1: return refresh();
    default: break;
  }
  newest_ = "s" + std::to_string(++changes_);
  s_.note("the password becomes " + newest_);
  for (std::size_t i = 0; i < s_.world.db.size(); ++i)
    if (s_.chance(50)) give_to(i, s_.chance(30));
  if (s_.chance(40)) put_into_vault();
}

void passwords::give_to(std::size_t server, bool terminate) {
  auto& db = s_.world.db[server];
  if (db.dials().password == newest_) return;
  s_.note("server " + std::to_string(server) + ": wants " + newest_ + (terminate ? ", and ends all sessions" : ""));
  db.dials().password = newest_;
  if (terminate) db.terminate_all();
}

void passwords::put_into_vault() {
  if (s_.safe->text() == newest_) return;
  s_.note("the vault has " + newest_);
  s_.safe->put(newest_);
}

void passwords::refresh() {
  s_.note("a refresh is ordered");
  s_.world.call([to = s_.world.delegate](caf::event_based_actor& self) {
    self.request(to, caf::infinite, refresh_credentials{})
      .then([](credentials_refreshed&) {}, [](const caf::error&) {});
  });
}

void passwords::pass() {
  if (!s_.plan.secrets) return;
  for (std::size_t i = 0; i < s_.world.db.size(); ++i)
    if (s_.chance(15)) give_to(i, s_.chance(30));
  if (s_.chance(15)) put_into_vault();
  if (s_.chance(10)) s_.safe->fail(false);
}

void passwords::heal() {
  if (!s_.plan.secrets) return;
  s_.safe->fail(false);
  put_into_vault();
  for (std::size_t i = 0; i < s_.world.db.size(); ++i) give_to(i, false);
  if (s_.chance(30)) refresh();
}

void passwords::change_everywhere() {
  newest_ = "s" + std::to_string(++changes_);
  s_.note("all want " + newest_);
  for (std::size_t i = 0; i < s_.world.db.size(); ++i) give_to(i, true);
}

void passwords::look_at_rest() {
  if (!s_.plan.secrets || s_.plan.costly_vault) return;
  for (std::size_t i = 0; i < s_.world.db.size(); ++i) {
    for (const auto& b : s_.world.db[i].backends()) {
      if (b->link().ended() || b->let_in_with() == newest_) continue;
      s_.complain("server " + std::to_string(i) + ": session " + std::to_string(b->pid()) + " is left from password "
                  + b->let_in_with() + ", and " + newest_ + " has been in force for long");
    }
  }
}

} // namespace tripool::test
