// Keeping the books.
#include "service/demo/ledger.hpp"

#include <algorithm>
#include <utility>

namespace tripool::demo {

namespace {

using guard = std::lock_guard<std::mutex>;

} // namespace

ledger::ledger(time_point start) {
  reads_.last = start;
  writes_.last = start;
}

ticket ledger::begin(request_kind kind, duration timeout, time_point now) {
  guard lock{mutex_};
  ++sums_.sent[static_cast<std::size_t>(kind)];
  ticket out{kind, 0, now, now + timeout};
  if (kind != request_kind::read) {
    out.key = first_key + static_cast<std::int64_t>(stored_.size());
    stored_.push_back({out.key, kind, std::nullopt});
  }
  return out;
}

void ledger::read_done(const ticket& of, std::uint16_t port, bool right, time_point now) {
  guard lock{mutex_};
  ended(of, outcome::done, now);
  reads_.seen(now);
  sums_.slowest_read = std::max(sums_.slowest_read, now - of.sent);
  ++sums_.reads_by_port[port];
  if (!right) ++sums_.wrong_reads;
  if (crashed_port_ && port != *crashed_port_ && !sums_.read_elsewhere) sums_.read_elsewhere = now;
}

void ledger::write_done(const ticket& of, time_point now) {
  guard lock{mutex_};
  ended(of, outcome::done, now);
  writes_.seen(now);
  sums_.slowest_write = std::max(sums_.slowest_write, now - of.sent);
  if (promoted_ && !sums_.write_after_promotion) sums_.write_after_promotion = now;
}

void ledger::failed(const ticket& of, const failure& why, time_point now) {
  auto reason = std::string{to_string(why.kind)} + ": " + std::string{to_string(why.why)};
  if (!why.sqlstate.empty()) reason += " " + why.sqlstate;
  guard lock{mutex_};
  ended(of, why.kind, now);
  auto& entry = sums_.reasons[std::move(reason)];
  if (entry.count++ == 0) {
    entry.first = why.message;
    if (!why.pool.empty()) entry.first += " (pool " + why.pool + ")";
  }
}

void ledger::crashed(std::uint16_t port) {
  guard lock{mutex_};
  crashed_port_ = port;
}

void ledger::promoted() {
  guard lock{mutex_};
  promoted_ = true;
}

void ledger::close(time_point now) {
  guard lock{mutex_};
  reads_.seen(now);
  writes_.seen(now);
}

account ledger::sums() const {
  guard lock{mutex_};
  auto out = sums_;
  out.without_read = reads_.longest;
  out.without_write = writes_.longest;
  return out;
}

std::vector<stored_request> ledger::stored() const {
  guard lock{mutex_};
  return stored_;
}

void ledger::gap_finder::seen(time_point now) {
  if (now - last > longest.length) longest = {last, now - last};
  last = std::max(last, now);
}

void ledger::ended(const ticket& of, outcome how, time_point now) {
  ++sums_.ended[static_cast<std::size_t>(how)];
  if (now > of.deadline + lateness_max) ++sums_.late;
  if (of.kind != request_kind::read) stored_[static_cast<std::size_t>(of.key - first_key)].end = how;
}

} // namespace tripool::demo
