// The simulated process: savepoints, and what a session keeps between its transactions.
#include "tests/support/sim_answers.hpp"
#include "tests/support/sim_backend.hpp"
#include "tests/support/sim_server.hpp"

#include <algorithm>
#include <utility>

namespace tripool::test {

void sim_backend::run_savepoint(const sim_message& m, const sim_command& c) {
  if (block_ == block::none) return answer_error(m, error_of("25P01", "savepoints are for transaction blocks"));
  if (c.what == sim_verb::savepoint) {
    savepoints_.push_back({c.key, writes_.size(), members_.size()});
    return complete(tag_of("SAVEPOINT"));
  }
  const auto found =
    std::find_if(savepoints_.rbegin(), savepoints_.rend(), [&](const auto& x) { return x.name == c.key; });
  if (found == savepoints_.rend()) return answer_error(m, error_of("3B001", "savepoint does not exist"));
  const auto at = found.base() - 1;
  if (c.what == sim_verb::release_savepoint) {
    savepoints_.erase(at, savepoints_.end());
    return complete(tag_of("RELEASE"));
  }
  for (auto i = at->members; i < members_.size(); ++i)
    home_.ledger().settle(members_[i].entry, sim_execution::end::rolled_back);
  members_.resize(at->members);
  writes_.resize(at->writes);
  savepoints_.erase(at + 1, savepoints_.end());
  block_ = block::open;
  complete(tag_of("ROLLBACK"));
}

void sim_backend::discard_all(const sim_message& m) {
  if (block_ != block::none || pipelining_)
    return answer_error(m, error_of("25001", "DISCARD ALL cannot run inside a transaction block"));
  statements_.clear();
  settings_.clear();
  complete(tag_of("DISCARD ALL"));
}

} // namespace tripool::test
