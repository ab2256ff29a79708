// The simulated process: messages in, replies out.
#include "tests/support/sim_backend.hpp"

#include "tests/support/sim_answers.hpp"
#include "tests/support/sim_server.hpp"

#include <cassert>
#include <utility>

namespace tripool::test {

namespace {

server_message failed_block() {
  return error_of("25P02", "current transaction is aborted, commands ignored until end of transaction block");
}

bool is_exit(const sim_command& c) {
  return c.what == sim_verb::commit || c.what == sim_verb::rollback || c.what == sim_verb::rollback_to;
}

} // namespace

sim_backend::sim_backend(sim_server& home, std::shared_ptr<sim_link> link, std::int32_t pid)
  : home_(home), link_(std::move(link)), pid_(pid) {
  // nop
}

void sim_backend::run() {
  if (running_) return;
  running_ = true;
  auto& arrived = link_->arrived();
  while (!over_ && !delayed() && !home_.hung() && !arrived.empty()) {
    if (!step(arrived.front())) break;
    passed_.reset();
    arrived.pop_front();
  }
  running_ = false;
  if (!over_ && link_->ended() && arrived.empty()) {
    block_ = block::none;
    roll_back();
    over_ = true;
  }
}

void sim_backend::release_delay() {
  if (!delayed()) return;
  passed_ = std::exchange(delayed_at_, std::nullopt);
  run();
}

void sim_backend::cancel() {
  if (over_ || !delayed() || home_.hung()) return;
  order_ = error_of("57014", "canceling statement due to user request");
  release_delay();
}

void sim_backend::terminate(const std::string& sqlstate, const std::string& text) {
  if (over_ || home_.hung()) return;
  if (!delayed()) return end(sqlstate, text);
  order_ = message_of("FATAL", sqlstate, text);
  release_delay();
}

void sim_backend::die() {
  if (over_) return;
  unflushed_.clear();
  end({}, "server closed the connection unexpectedly");
}

void sim_backend::push_parameter(std::string name, std::string value) {
  if (over_) return;
  sim_reply x;
  x.what = sim_reply::kind::parameter;
  x.name = std::move(name);
  x.value = std::move(value);
  link_->reply(std::move(x));
  link_->wake();
}

bool sim_backend::step(const sim_message& m) {
  switch (m.what) {
    case sim_message::kind::sync: return on_sync(m);
    case sim_message::kind::copy: return on_copy(m);
    case sim_message::kind::copy_data:
      if (copying_) copied_ += m.text;
      return true;
    case sim_message::kind::copy_end: return on_copy_end(m);
    default: break;
  }
  if (skipping_) {
    sim_reply x;
    x.result.what = wire_result::kind::aborted;
    push(std::move(x));
    group_.skipped();
    return true;
  }
  switch (m.what) {
    case sim_message::kind::prepare: return on_prepare(m);
    case sim_message::kind::close: return on_close(m);
    default: break;
  }
  const bool over = on_execute(m);
  if (over) group_.took(command_, skipping_);
  return over;
}

bool sim_backend::on_sync(const sim_message& m) {
  group_.end(home_.traffic());
  if (!skipping_ && block_ == block::none) {
    auto x = commit();
    if (x.what != stroke::kind::none) return handle(m, std::move(x));
  }
  skipping_ = false;
  if (block_ == block::none)
    for (const auto& n : std::exchange(heard_, {})) pass_on(n);
  sim_reply x;
  x.result.what = wire_result::kind::sync;
  x.result.transaction_status = block_ == block::none ? 'I' : block_ == block::open ? 'T' : 'E';
  push(std::move(x));
  flush_replies();
  return true;
}

bool sim_backend::on_prepare(const sim_message& m) {
  const auto c = sim_parse(sim_bound_text(m.text, {}));
  if (block_ == block::failed && !is_exit(c)) return answer_error(m, failed_block()), true;
  auto x = strike(sim_bound_text(m.text, {}), c.is_control(), true, fault_point::parse);
  if (x.what != stroke::kind::none) return handle(m, std::move(x));
  if (c.what == sim_verb::unknown) return answer_error(m, error_of("42601", "syntax error")), true;
  if (statements_.count(m.name) > 0) {
    answer_error(m, error_of("42P05", "prepared statement \"" + m.name + "\" already exists"));
    return true;
  }
  statements_[m.name] = {m.text, home_.schema()};
  complete({});
  return true;
}

bool sim_backend::on_close(const sim_message& m) {
  // As the client library sends it: DEALLOCATE, a statement like others.
  if (block_ == block::failed) return answer_error(m, failed_block()), true;
  if (statements_.erase(m.name) == 0) {
    answer_error(m, error_of("26000", "prepared statement \"" + m.name + "\" does not exist"));
    return true;
  }
  pipelining_ = true;
  complete(tag_of("DEALLOCATE"));
  return true;
}

bool sim_backend::on_execute(const sim_message& m) {
  const bool by_name = m.what == sim_message::kind::execute_prepared;
  if (passed_) return perform_bound(m); // It goes on after a delay, whatever has become of its name since.
  const auto known = by_name ? statements_.find(m.name) : statements_.end();
  if (by_name && known == statements_.end()) {
    answer_error(m, error_of("26000", "prepared statement \"" + m.name + "\" does not exist"));
    return true;
  }
  bound_ = sim_bound_text(by_name ? known->second.text : m.text, m.parameters);
  command_ = sim_parse(bound_);
  const auto& c = command_;
  if (block_ == block::failed && !is_exit(c)) return answer_error(m, failed_block()), true;
  if (!by_name) {
    auto x = strike(bound_, c.is_control(), false, fault_point::parse);
    if (x.what != stroke::kind::none) return handle(m, std::move(x));
  }
  if (c.what == sim_verb::unknown) return answer_error(m, error_of("42601", "syntax error")), true;
  const bool utility = c.what == sim_verb::noop || c.what == sim_verb::listen || c.what == sim_verb::unlisten;
  const bool has_rows = !c.writes() && !c.is_control() && !utility;
  if (by_name && has_rows && known->second.schema != home_.schema()) {
    auto e = error_of("0A000", "cached plan must not change result type");
    e.source_function = "RevalidateCachedQuery";
    return answer_error(m, std::move(e)), true;
  }
  return perform_bound(m);
}

bool sim_backend::perform_bound(const sim_message& m) {
  const auto& c = command_;
  if (c.is_control()) return run_control(m, c);
  if (c.what == sim_verb::vacuum || c.what == sim_verb::call) return run_committing(m, c);
  return run_statement(m, c, bound_);
}

bool sim_backend::run_control(const sim_message& m, const sim_command& c) {
  switch (c.what) {
    case sim_verb::begin:
    case sim_verb::begin_read_only:
      if (block_ == block::open) notice(message_of("WARNING", "25001", "there is already a transaction in progress"));
      if (block_ == block::none || c.what == sim_verb::begin_read_only)
        block_read_only_ = c.what == sim_verb::begin_read_only;
      block_ = block::open;
      complete(tag_of("BEGIN"));
      return true;
    case sim_verb::commit: {
      if (block_ == block::failed) break;
      if (block_ == block::none) notice(message_of("WARNING", "25P01", "there is no transaction in progress"));
      auto x = commit();
      if (x.what != stroke::kind::wait) block_ = block::none;
      if (x.what == stroke::kind::error) roll_back(); // Its savepoints end with it.
      if (x.what != stroke::kind::none) return handle(m, std::move(x));
      complete(tag_of("COMMIT"));
      return true;
    }
    case sim_verb::savepoint:
    case sim_verb::rollback_to:
    case sim_verb::release_savepoint: return run_savepoint(m, c), true;
    case sim_verb::discard_all: return discard_all(m), true;
    case sim_verb::deallocate: {
      auto close = m;
      close.name = c.key;
      return on_close(close);
    }
    default: break;
  }
  if (block_ == block::none) notice(message_of("WARNING", "25P01", "there is no transaction in progress"));
  block_ = block::none;
  roll_back();
  complete(tag_of("ROLLBACK"));
  return true;
}

std::optional<server_message> sim_backend::refusal_of(const sim_command& c) const {
  const bool read_only = home_.in_recovery() || home_.read_only() || (block_ == block::open && block_read_only_);
  if (c.writes() && read_only) return error_of("25006", "cannot execute this in a read-only transaction");
  if (c.what == sim_verb::insert_unique && !home_.store().preview(c.key, writes_).empty())
    return error_of("23505", "duplicate key value violates unique constraint");
  if (c.what == sim_verb::token_claim && !home_.tokens())
    return error_of("42P01", "relation \"tripool.tokens\" does not exist");
  if (c.what == sim_verb::token_claim && !home_.store().preview(c.key, writes_).empty()) {
    auto e = error_of("23505", "duplicate key value violates unique constraint \"tripool_tokens_token\"");
    e.constraint = "tripool_tokens_token";
    return e;
  }
  if ((c.what == sim_verb::listen || c.what == sim_verb::notify) && home_.in_recovery())
    return error_of("25006", "cannot execute this during recovery");
  if (c.what == sim_verb::position && home_.in_recovery()) return error_of("55000", "recovery is in progress");
  return std::nullopt;
}

bool sim_backend::run_statement(const sim_message& m, const sim_command& c, const std::string& text) {
  const bool by_name = m.what == sim_message::kind::execute_prepared;
  auto x = strike(text, false, by_name, fault_point::before);
  if (x.what != stroke::kind::none) return handle(m, std::move(x));
  if (must_wait_for_token(c)) return false;
  if (auto e = refusal_of(c)) return answer_error(m, std::move(*e)), true;
  auto rows = perform(c);
  pipelining_ = true;
  members_.push_back({text, by_name, home_.ledger().ran(text, pid_, c.writes())});
  x = strike(text, false, by_name, fault_point::after);
  if (x.what != stroke::kind::none) return handle(m, std::move(x));
  complete(std::move(rows));
  return true;
}

/// What commits by itself, before its tag.
bool sim_backend::run_committing(const sim_message& m, const sim_command& c) {
  const bool vacuum = c.what == sim_verb::vacuum;
  if (passed_ != fault_point::before_commit && passed_ != fault_point::after_commit) {
    if (vacuum && (block_ != block::none || pipelining_))
      return answer_error(m, error_of("25001", "VACUUM cannot run inside a transaction block")), true;
    auto x = strike(bound_, false, false, fault_point::before);
    if (x.what != stroke::kind::none) return handle(m, std::move(x));
    if (auto e = refusal_of(c)) return answer_error(m, std::move(*e)), true;
    if (block_ != block::none) return answer_error(m, error_of("2D000", "invalid transaction termination")), true;
    if (!vacuum) writes_.push_back({sim_write::kind::insert, c.key, c.value});
    members_.push_back({bound_, false, home_.ledger().ran(bound_, pid_, true)});
  }
  auto x = commit();
  if (x.what == stroke::kind::none) x = strike(bound_, false, false, fault_point::after);
  if (x.what != stroke::kind::none) return handle(m, std::move(x));
  complete(tag_of(vacuum ? "VACUUM" : "CALL"));
  return true;
}

result sim_backend::perform(const sim_command& c) {
  using cell = owned_result::cell;
  const auto select = [](std::vector<std::vector<cell>> rows) {
    const auto n = rows.size();
    std::vector<owned_result::column> columns{{"value", 25, result_format::text}};
    return result{std::make_shared<owned_result>("SELECT " + std::to_string(n), std::move(columns), std::move(rows))};
  };
  const auto present = [&] { return home_.store().preview(c.key, writes_).size(); };
  switch (c.what) {
    case sim_verb::insert:
    case sim_verb::insert_unique:
      writes_.push_back({sim_write::kind::insert, c.key, c.value});
      return tag_of("INSERT 0 1");
    case sim_verb::select_put:
      writes_.push_back({sim_write::kind::insert, c.key, c.value});
      return select({{cell{c.value}}});
    case sim_verb::update: {
      const auto n = present();
      if (n > 0) writes_.push_back({sim_write::kind::update, c.key, c.value});
      return tag_of("UPDATE " + std::to_string(n));
    }
    case sim_verb::remove: {
      const auto n = present();
      if (n > 0) writes_.push_back({sim_write::kind::remove, c.key, {}});
      return tag_of("DELETE " + std::to_string(n));
    }
    case sim_verb::select: {
      std::vector<std::vector<cell>> rows;
      for (auto& value : home_.store().preview(c.key, writes_)) rows.push_back({cell{std::move(value)}});
      return select(std::move(rows));
    }
    case sim_verb::select_null: return select({{cell{}}});
    case sim_verb::select_big: return select({{cell{std::string(c.size, 'x')}}});
    case sim_verb::set: settings_[c.key] = c.value; return tag_of("SET");
    case sim_verb::show: return select({{cell{settings_[c.key]}}});
    case sim_verb::probe: return home_.probe_row();
    case sim_verb::listen: listens_.emplace_back(true, c.key); return tag_of("LISTEN");
    case sim_verb::unlisten: listens_.emplace_back(false, c.key); return tag_of("UNLISTEN");
    case sim_verb::identity:
      if (xid_.empty()) xid_ = home_.begin_transaction();
      return home_.identity_row(xid_);
    case sim_verb::status:
      // It writes a message, so that where commits wait for a standby its answer does, too.
      if (!home_.in_recovery()) writes_.push_back({sim_write::kind::update, "status", {}});
      return home_.status_row(c.key, c.value);
    case sim_verb::position: return home_.position_row();
    case sim_verb::token_claim:
    case sim_verb::token_ask:
    case sim_verb::token_withdraw: return perform_token(c);
    case sim_verb::notify: notifies_.push_back({c.key, c.value, pid_}); return select({{cell{""}}});
    default: return tag_of("NOOP");
  }
}

} // namespace tripool::test
