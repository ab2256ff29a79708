// Rows, log and ledger of the simulated server.
#include "tests/support/sim_store.hpp"

#include <algorithm>
#include <utility>

namespace tripool::test {

const sim_store::rows& sim_store::at(const std::string& key) const {
  static const rows none;
  const auto i = rows_.find(key);
  return i == rows_.end() ? none : i->second;
}

void sim_store::apply(rows& to, const sim_write& x) {
  switch (x.what) {
    case sim_write::kind::insert: to.push_back(x.value); break;
    case sim_write::kind::update: std::fill(to.begin(), to.end(), x.value); break;
    case sim_write::kind::remove: to.clear(); break;
  }
}

void sim_store::commit(const transaction& x) {
  if (x.empty()) return;
  for (const auto& write : x) apply(rows_[write.key], write);
  log_.push_back(x);
}

sim_store::rows sim_store::preview(const std::string& key, const transaction& x) const {
  auto out = at(key);
  for (const auto& write : x)
    if (write.key == key) apply(out, write);
  return out;
}

void sim_store::replay_from(const sim_store& other, std::size_t count) {
  for (auto i = log_.size(); i < std::min(count, other.log_.size()); ++i) commit(other.log_[i]);
}

std::vector<std::string> sim_store::keys_since(std::size_t from) const {
  std::vector<std::string> out;
  for (auto i = from; i < log_.size(); ++i)
    for (const auto& x : log_[i]) out.push_back(x.key);
  return out;
}

std::size_t sim_ledger::ran(std::string text, std::int32_t backend_pid, bool wrote) {
  auto known = tallies_.find(std::string_view{text});
  if (known == tallies_.end()) known = tallies_.emplace(text, tally{}).first;
  ++known->second.executed;
  entries_.push_back({std::move(text), backend_pid, wrote, sim_execution::end::open});
  return entries_.size() - 1;
}

void sim_ledger::settle(std::size_t at, sim_execution::end how) {
  auto& x = entries_[at];
  auto& n = tallies_.find(std::string_view{x.text})->second.committed;
  if (x.now == sim_execution::end::committed) --n;
  if (how == sim_execution::end::committed) ++n;
  x.now = how;
  if (watcher_) watcher_(x);
}

std::size_t sim_ledger::executed(std::string_view text) const {
  const auto known = tallies_.find(text);
  return known == tallies_.end() ? 0 : known->second.executed;
}

std::size_t sim_ledger::committed(std::string_view text) const {
  const auto known = tallies_.find(text);
  return known == tallies_.end() ? 0 : known->second.committed;
}

std::vector<std::string> sim_ledger::commits() const {
  std::vector<std::string> out;
  for (const auto& x : entries_)
    if (x.now == sim_execution::end::committed) out.push_back(x.text);
  return out;
}

} // namespace tripool::test
