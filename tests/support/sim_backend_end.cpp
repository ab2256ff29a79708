// The simulated process: how transactions end, how faults strike, and how replies leave.
#include "tests/support/sim_backend.hpp"
#include "tests/support/sim_server.hpp"

#include <cassert>
#include <utility>

namespace tripool::test {

sim_backend::stroke sim_backend::strike(const std::string& text, bool control, bool by_name, fault_point at) {
  const bool waited = passed_ == at;
  if (waited && order_) {
    auto order = std::move(*order_);
    order_.reset();
    if (at != fault_point::after_commit) return {stroke::kind::error, std::move(order)};
    const bool terminated = order.severity == "FATAL";
    server_message x;
    x.severity = "WARNING";
    x.sqlstate = terminated ? "57P01" : "01000";
    x.message = "canceling wait for synchronous replication due to user request";
    x.detail = "The transaction has already committed locally, but might not have been replicated to the standby.";
    x.source_function = "SyncRepWaitForLSN";
    notice(std::move(x));
    if (terminated) {
      flush_replies();
      end({}, "server closed the connection unexpectedly");
      return {stroke::kind::over, {}};
    }
  }
  while (auto f = home_.script().take(text, control, at, by_name, waited)) {
    server_message x;
    x.sqlstate = f->sqlstate;
    x.message = "scripted for: " + text;
    x.source_function = f->source_function;
    switch (f->what) {
      case fault_kind::notice:
        x.severity = "WARNING";
        notice(std::move(x));
        break;
      case fault_kind::error: x.severity = "ERROR"; return {stroke::kind::error, std::move(x)};
      case fault_kind::fatal: x.severity = "FATAL"; return {stroke::kind::error, std::move(x)};
      case fault_kind::lose: die(); return {stroke::kind::over, {}};
      case fault_kind::delay:
        assert(at != fault_point::parse && at != fault_point::after);
        delayed_at_ = at;
        flush_replies();
        return {stroke::kind::wait, {}};
    }
  }
  return {};
}

bool sim_backend::handle(const sim_message& m, stroke&& x) {
  if (x.what == stroke::kind::wait) return false;
  if (x.what == stroke::kind::error) answer_error(m, std::move(x.error));
  return true;
}

/// Commits the open transaction, block or implicit, and lets the script strike before and after.
sim_backend::stroke sim_backend::commit() {
  if (passed_ != fault_point::after_commit) {
    for (const auto& x : members_) {
      auto hit = strike(x.text, false, x.prepared, fault_point::before_commit);
      if (hit.what != stroke::kind::none) return hit;
    }
    home_.store().commit(writes_);
    const bool wrote = !std::exchange(writes_, {}).empty();
    if (wrote && home_.synchronous()) standby_wait_ = home_.store().log().size();
    if (wrote) home_.transaction_ended();
    publish();
    for (const auto& x : members_) home_.ledger().settle(x.entry, sim_execution::end::committed);
  }
  if (standby_wait_ && !order_) {
    delayed_at_ = fault_point::after_commit;
    flush_replies();
    return {stroke::kind::wait, {}};
  }
  standby_wait_.reset();
  home_.end_transaction(std::exchange(xid_, {}), "committed"); // Until now it was in progress, as others see it.
  for (const auto& x : members_) {
    auto hit = strike(x.text, false, x.prepared, fault_point::after_commit);
    if (hit.what != stroke::kind::none) return hit;
  }
  members_.clear();
  savepoints_.clear();
  pipelining_ = false;
  return {};
}

void sim_backend::replicated(std::size_t transactions) {
  if (!standby_wait_ || *standby_wait_ > transactions) return;
  standby_wait_.reset();
  release_delay();
}

void sim_backend::roll_back() {
  for (const auto& x : members_)
    if (home_.ledger().entries()[x.entry].now == sim_execution::end::open)
      home_.ledger().settle(x.entry, sim_execution::end::rolled_back);
  members_.clear();
  savepoints_.clear();
  const bool wrote = !std::exchange(writes_, {}).empty();
  home_.end_transaction(std::exchange(xid_, {}), "aborted");
  if (wrote) home_.transaction_ended();
  listens_.clear();
  notifies_.clear();
  pipelining_ = false;
}

/// What a commit does to channels and to those who listen.
void sim_backend::publish() {
  for (auto& [on, channel] : std::exchange(listens_, {})) {
    if (on) {
      channels_.insert(std::move(channel));
    } else {
      channels_.erase(channel);
    }
  }
  for (const auto& x : std::exchange(notifies_, {})) home_.notified(x);
}

void sim_backend::hear(const sim_notification& x) {
  if (over_ || !channels_.contains(x.channel)) return;
  if (running_ || delayed() || block_ != block::none || pipelining_) return heard_.push_back(x);
  pass_on(x);
  flush_replies();
}

void sim_backend::pass_on(const sim_notification& n) {
  sim_reply x;
  x.what = sim_reply::kind::notification;
  x.name = n.channel;
  x.value = n.payload;
  x.pid = n.pid;
  push(std::move(x));
}

void sim_backend::complete(result rows) {
  sim_reply x;
  x.result.what = wire_result::kind::complete;
  x.result.rows = std::move(rows);
  push(std::move(x));
}

void sim_backend::answer_error(const sim_message& m, server_message e) {
  const bool fatal = e.severity == "FATAL";
  const auto sqlstate = e.sqlstate;
  const auto text = e.message;
  if (savepoints_.empty() || fatal) roll_back(); // Else what came before a savepoint may still be committed.
  if (block_ == block::open) block_ = block::failed;
  sim_reply x;
  if (m.what != sim_message::kind::sync) {
    skipping_ = true;
    x.result.what = wire_result::kind::error;
    x.result.error = std::move(e);
    push(std::move(x));
  } else if (!fatal) {
    x.result.what = wire_result::kind::sync;
    x.result.error = std::move(e);
    push(std::move(x));
  }
  if (fatal) return end(sqlstate, text);
  flush_replies();
}

void sim_backend::notice(server_message m) {
  sim_reply x;
  x.what = sim_reply::kind::notice;
  x.notice = std::move(m);
  push(std::move(x));
}

void sim_backend::push(sim_reply x) {
  unflushed_.push_back(std::move(x));
  if (home_.eager_replies()) flush_replies();
}

void sim_backend::flush_replies() {
  if (unflushed_.empty()) return;
  for (auto& x : unflushed_) link_->reply(std::move(x));
  unflushed_.clear();
  link_->wake();
}

void sim_backend::end(const std::string& sqlstate, const std::string& text) {
  over_ = true;
  delayed_at_.reset();
  if (standby_wait_) home_.end_transaction(std::exchange(xid_, {}), "committed");
  standby_wait_.reset();
  block_ = block::none;
  roll_back();
  sim_reply x;
  x.what = sim_reply::kind::loss;
  x.loss = {session_loss::phase::open, sqlstate, text, false};
  unflushed_.push_back(std::move(x));
  flush_replies();
}

} // namespace tripool::test
