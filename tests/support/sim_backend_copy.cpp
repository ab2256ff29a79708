// The simulated process: COPY, outside of the pipeline, as a transaction of its own unless a block is open.
#include "tests/support/sim_answers.hpp"
#include "tests/support/sim_backend.hpp"
#include "tests/support/sim_server.hpp"

#include <sstream>
#include <utility>

namespace tripool::test {

bool sim_backend::on_copy(const sim_message& m) {
  const auto text = sim_bound_text(m.text, {});
  const auto c = sim_parse(text);
  const bool known = c.what == sim_verb::copy_in || c.what == sim_verb::copy_out || c.what == sim_verb::copy_out_big;
  if (!passed_) {
    copy_over_ = false;
    copy_rows_ = 0;
    bound_ = text;
    if (block_ == block::failed) return refuse_copy(error_of("25P02", "current transaction is aborted")), true;
    if (!known) return refuse_copy(error_of("42601", "syntax error")), true;
  }
  auto x = strike(text, false, false, fault_point::before);
  if (x.what == stroke::kind::wait) return false;
  if (x.what == stroke::kind::error) return refuse_copy(std::move(x.error)), true;
  if (x.what == stroke::kind::over) return true;
  if (auto e = refusal_of(c)) return refuse_copy(std::move(*e)), true;
  members_.push_back({text, false, home_.ledger().ran(text, pid_, c.writes())});
  sim_reply start;
  start.what = sim_reply::kind::copy_start;
  start.copy.direction = c.what == sim_verb::copy_in ? copy_direction::in : copy_direction::out;
  start.copy.columns = 1;
  push(std::move(start));
  copying_ = c.what == sim_verb::copy_in;
  if (copying_) return copied_.clear(), flush_replies(), true;
  give_data(c);
  x = strike(text, false, false, fault_point::after);
  if (x.what == stroke::kind::error) return refuse_copy(std::move(x.error)), true;
  if (x.what == stroke::kind::over) return true;
  return finish_copy();
}

void sim_backend::give_data(const sim_command& c) {
  const auto give = [this](std::string line) {
    sim_reply x;
    x.what = sim_reply::kind::copy_data;
    x.value = std::move(line) + '\n';
    push(std::move(x));
    ++copy_rows_;
  };
  for (std::size_t i = 0; i < c.size; ++i) give("row " + std::to_string(i));
  if (c.what != sim_verb::copy_out) return;
  for (auto& value : home_.store().preview(c.key, writes_)) give(std::move(value));
}

bool sim_backend::on_copy_end(const sim_message& m) {
  if (copy_over_ || (!copying_ && !passed_)) return true;
  if (!passed_) {
    copying_ = false;
    if (m.refusal) return refuse_copy(error_of("57014", "COPY from stdin failed: " + *m.refusal)), true;
    const auto c = sim_parse(bound_);
    std::istringstream lines{std::exchange(copied_, {})};
    for (std::string line; std::getline(lines, line);) {
      if (line == "bad") return refuse_copy(error_of("22P02", "invalid input syntax")), true;
      writes_.push_back({sim_write::kind::insert, c.key, line});
      ++copy_rows_;
    }
    auto x = strike(bound_, false, false, fault_point::after);
    if (x.what == stroke::kind::error) return refuse_copy(std::move(x.error)), true;
    if (x.what == stroke::kind::over) return true;
  }
  return finish_copy();
}

/// Commits it unless a block is open, then says so.
bool sim_backend::finish_copy() {
  if (block_ == block::none) {
    auto x = commit();
    if (x.what == stroke::kind::wait) return false;
    if (x.what == stroke::kind::error) return refuse_copy(std::move(x.error)), true;
    if (x.what == stroke::kind::over) return true;
  }
  sim_reply x;
  x.result.rows =
    result{std::make_shared<owned_result>("COPY " + std::to_string(copy_rows_), std::vector<owned_result::column>{},
                                          std::vector<std::vector<owned_result::cell>>{})};
  x.result.transaction_status = block_ == block::none ? 'I' : 'T';
  push(std::move(x));
  flush_replies();
  return true;
}

void sim_backend::refuse_copy(server_message e) {
  const bool fatal = e.severity == "FATAL";
  const auto sqlstate = e.sqlstate;
  const auto text = e.message;
  copying_ = false;
  copy_over_ = true;
  roll_back();
  if (block_ == block::open) block_ = block::failed;
  sim_reply x;
  x.result.what = wire_result::kind::error;
  x.result.error = std::move(e);
  x.result.transaction_status = block_ == block::none ? 'I' : 'E';
  push(std::move(x));
  if (fatal) return end(sqlstate, text);
  flush_replies();
}

} // namespace tripool::test
