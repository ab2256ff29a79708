// The lease's frame: what may come, and how it ends. Sending, settling and time stand in files of their own.
#include "tripool/core/lease/lease_machine.hpp"

#include "tripool/core/outcome/refusal.hpp"
#include "tripool/core/util/utf8.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tripool {

namespace {

/// PostgreSQL cuts longer names, so that two of them may become one (NAMEDATALEN - 1).
constexpr std::size_t name_bytes_max = 63;

duration hold_limit(const session_order& x, const pool_options& limits) {
  if (x.hold_max.count() > 0) return x.hold_max;
  return x.what == session_purpose::transaction ? limits.transaction_hold_max : limits.lease_hold_max;
}

std::optional<failure> refusal_of_name(const std::string& name) {
  if (name.empty()) return refuse("42601", "the name of the savepoint is empty", "give it a name");
  if (name.size() > name_bytes_max)
    return refuse("42622", "the name of the savepoint has " + std::to_string(name.size()) + " bytes",
                  "PostgreSQL takes 63 at most");
  if (find_text_fault(name))
    return refuse("22021", "the name of the savepoint is not valid UTF-8, or holds a NUL byte", "choose another name");
  return std::nullopt;
}

} // namespace

lease_machine::lease_machine(const pool_options& limits, const server_info& server, statement_cache statements,
                             request_ptr order, time_point last_activity, time_point now)
  : limits_(limits), server_(server.address), cache_(std::move(statements)), order_(std::move(order)) {
  assert(order_ && order_->order());
  const auto& wanted = *order_->order();
  purpose_ = wanted.what;
  reads_only_ = wanted.mode == access::read || wanted.transaction.read_only;
  hold_max_ = hold_limit(wanted, limits_);
  lent_since_ = head_since_ = now;
  ++order_->attempts;
  if (now - last_activity > limits_.validate_after_idle) add_own(lease_task::validation);
  add_own(lease_task::opening);
}

void lease_machine::submit(lease_task what, request_ptr r, std::string name, time_point now) {
  assert(r && !r->answered());
  if (auto f = refusal_of(what, name)) {
    if (f->why == cause::queue_full) note_turned_away(what, *r);
    f->pool = limits_.name;
    f->server = server_;
    return r->fail(std::move(*f), now);
  }
  note_accepted(what, name);
  auto& u = waiting_.emplace_back();
  u.what = what;
  u.name = std::move(name);
  u.deadline = r->deadline();
  u.request = std::move(r);
}

/// What can be told at once, before anything is sent.
std::optional<failure> lease_machine::refusal_of(lease_task what, const std::string& name) const {
  const std::string it{to_string(purpose_)};
  if (phase_ == phase::lost) {
    auto f = blank(outcome::not_executed, cause::connection_lost);
    f.sqlstate = "08003";
    f.message = "the " + it + " has no connection any more: it " + ended_as_;
    f.hint = "begin another";
    return f;
  }
  if (recalled_until_) {
    auto f = blank(outcome::not_executed, cause::connection_lost);
    f.message = "the connection of the " + it + " is being closed: " + recall_reason_;
    f.hint = "begin another";
    return f;
  }
  if (phase_ == phase::over || phase_ == phase::finishing || asked_to_end_ || input_closed_) {
    const bool done = !ended_as_.empty();
    return refuse("25000", "the " + it + (done ? " has ended: it " + ended_as_ : " is being ended already"),
                  "a handle serves one " + it + ": begin another");
  }
  if (commands() >= limits_.queue_max) {
    auto f = blank(outcome::not_executed, cause::queue_full);
    f.message = "the " + it + " has " + std::to_string(commands()) + " commands waiting; queue-max allows no more";
    f.hint = "wait for answers before sending more";
    return f;
  }
  const bool names_one = what == lease_task::rollback_to || what == lease_task::release_savepoint;
  if (what == lease_task::savepoint || names_one)
    if (auto f = refusal_of_name(name)) return f;
  if (names_one && std::find(savepoints_.begin(), savepoints_.end(), name) == savepoints_.end())
    return refuse("3B001", "there is no savepoint \"" + name + "\" in this transaction",
                  "savepoints end with a rollback to an earlier one, and when they are released; nothing was sent");
  return std::nullopt;
}

/// What can be told when everything before it has been answered.
std::optional<failure> lease_machine::refusal_now(const lease_unit& u) const {
  if (purpose_ == session_purpose::lease) {
    if (u.what == lease_task::begin && in_block())
      return refuse("25001", "a transaction is open on this lease already", "commit it or roll it back first");
    if ((u.what == lease_task::commit || u.what == lease_task::rollback) && !in_block())
      return refuse("25P01", "no transaction is open on this lease", "begin one first");
  }
  return refusal_of_doomed(u);
}

void lease_machine::note_accepted(lease_task what, const std::string& name) {
  const auto last = std::find(savepoints_.rbegin(), savepoints_.rend(), name);
  switch (what) {
    case lease_task::savepoint: savepoints_.push_back(name); break;
    case lease_task::rollback_to: savepoints_.erase(last.base(), savepoints_.end()); break;
    case lease_task::release_savepoint: savepoints_.erase(last.base() - 1, savepoints_.end()); break;
    case lease_task::commit:
    case lease_task::rollback: asked_to_end_ = purpose_ != session_purpose::lease; break;
    case lease_task::release: asked_to_end_ = true; break;
    default: break;
  }
}

// -- the end ----------------------------------------------------------------------------------------------------------

void lease_machine::dropped() {
  input_closed_ = true;
}

void lease_machine::abandon(failure why, time_point now) {
  if (phase_ == phase::over || phase_ == phase::lost) return;
  end_with("was taken back: " + why.message);
  abandoned_ = input_closed_ = true;
  refuse_waiting(why, now);
  if (order_) order_->fail(std::move(why), now);
  order_.reset();
  cancel_front(now);
}

void lease_machine::recall(const std::string& reason, time_point now) {
  if (phase_ == phase::over || phase_ == phase::lost || recalled_until_) return;
  recalled_until_ = now + limits_.cancel_grace;
  recall_reason_ = reason;
  input_closed_ = true;
  auto why = blank(outcome::not_executed, cause::connection_lost);
  why.message = "the connection is being closed: " + reason;
  why.hint = "begin anew";
  refuse_waiting(why, now);
}

/// Answers what has not been sent. The machine's own work stays.
void lease_machine::refuse_waiting(const failure& why, time_point now) {
  for (auto i = waiting_.begin(); i != waiting_.end();) {
    auto here = i++;
    if (!here->request) continue;
    if (here->what == lease_task::release) {
      release_ = std::move(here->request); // It comes to what was asked.
    } else {
      here->request->fail(why, now);
    }
    waiting_.erase(here);
  }
}

/// When nobody asks any more and all is answered: rolls back what is open, cleans the session, and is done.
void lease_machine::go_on_finishing(time_point now) {
  if (!waiting_.empty() || !sent_.empty() || refused_) return;
  if (phase_ == phase::ready && (asked_to_end_ || input_closed_)) phase_ = phase::finishing;
  if (phase_ != phase::finishing) return;
  const bool dirty = (purpose_ == session_purpose::lease ? used_ : traces_) || time_limit_set_;
  if (in_block()) {
    add_own(lease_task::undo);
    if (release_) end_with("was released, and what it had left open was rolled back");
    end_with("was rolled back");
  } else if (dirty && !was_reset_) {
    add_own(lease_task::reset);
  } else if (cancel_ == cancel_state::none && now >= stray_until_) {
    phase_ = phase::over;
    end_with(release_ ? "was released" : "was given back");
    if (auto r = std::exchange(release_, nullptr)) r->complete(reply{{result{}}, nullptr});
  }
}

void lease_machine::add_own(lease_task what) {
  auto& u = waiting_.emplace_back();
  u.what = what;
}

void lease_machine::end_with(std::string how) {
  if (ended_as_.empty()) ended_as_ = std::move(how);
}

void lease_machine::lose(std::string reason) {
  if (!effects_.close) effects_.close = std::move(reason);
}

std::string_view lease_machine::current_text() const noexcept {
  if (sent_.empty()) return {};
  const auto& u = sent_.front();
  if (!u.request) return {};
  const auto all = u.request->statements();
  return all.empty() ? std::string_view{} : std::string_view{all[std::min(u.results.size(), all.size() - 1)].text};
}

failure lease_machine::blank(outcome kind, cause why) const {
  failure f;
  f.kind = kind;
  f.why = why;
  f.pool = limits_.name;
  f.server = server_;
  return f;
}

} // namespace tripool
