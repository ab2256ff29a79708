// The simulated process and tokens: a unique key whose second writer waits for the end of the first one's transaction.
#include "tests/support/sim_backend.hpp"
#include "tests/support/sim_server.hpp"

#include <algorithm>
#include <utility>

namespace tripool::test {

bool sim_backend::holds(const std::string& key) const {
  return std::any_of(writes_.begin(), writes_.end(), [&](const sim_write& x) { return x.key == key; });
}

/// Another transaction has the token under way: this statement waits as if it had been delayed, and may be cancelled.
bool sim_backend::must_wait_for_token(const sim_command& c) {
  if (c.what != sim_verb::token_claim && c.what != sim_verb::token_withdraw) return false;
  const auto all = home_.backends();
  const auto has_it = [&](const auto& b) { return b.get() != this && b->holds(c.key); };
  const bool taken = std::any_of(all.begin(), all.end(), has_it);
  if (!taken) return false;
  delayed_at_ = fault_point::before;
  locked_ = true;
  flush_replies();
  return true;
}

void sim_backend::release_lock() {
  if (std::exchange(locked_, false)) release_delay();
}

result sim_backend::perform_token(const sim_command& c) {
  using cell = owned_result::cell;
  auto known = home_.store().preview(c.key, writes_);
  const bool insert = known.empty() && c.what != sim_verb::token_ask;
  // The question is a write, so that where commits wait for a standby its answer does, too.
  if (c.what == sim_verb::token_ask && !known.empty())
    writes_.push_back({sim_write::kind::update, c.key, known.front()});
  if (insert) {
    writes_.push_back({sim_write::kind::insert, c.key, c.value});
    known.push_back(c.value);
  }
  std::vector<std::vector<cell>> rows;
  std::vector<owned_result::column> columns;
  if (c.what != sim_verb::token_claim) {
    columns.push_back({"applied", 16, result_format::text});
    for (auto& x : known) rows.push_back({cell{std::move(x)}});
  }
  return result{std::make_shared<owned_result>("INSERT 0 1", std::move(columns), std::move(rows))};
}

} // namespace tripool::test
