// The simulated server: processes, dials, role, the answer to the probe.
#include "tests/support/sim_server.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace tripool::test {

namespace {

/// The first transaction id; each transaction that is logged takes one.
constexpr std::uint64_t first_xid = 700;

/// One row of texts.
result row_of(std::vector<owned_result::cell> cells) {
  std::vector<owned_result::column> columns(cells.size());
  std::vector<std::vector<owned_result::cell>> rows;
  rows.push_back(std::move(cells));
  return result{std::make_shared<owned_result>("SELECT 1", std::move(columns), std::move(rows))};
}

} // namespace

std::vector<std::shared_ptr<sim_backend>> sim_server::backends() {
  std::erase_if(backends_, [](const auto& x) { return x->over(); });
  return backends_;
}

std::shared_ptr<sim_backend> sim_server::last_backend() {
  const auto all = backends();
  return all.empty() ? nullptr : all.back();
}

void sim_server::set_standby(bool x) {
  standby_ = x;
  for (const auto& b : backends()) b->push_parameter("in_hot_standby", x ? "on" : "off");
}

void sim_server::promote() {
  ++timeline_;
  set_standby(false);
}

void sim_server::set_read_only(bool x) {
  read_only_ = x;
  for (const auto& b : backends()) b->push_parameter("default_transaction_read_only", x ? "on" : "off");
}

void sim_server::replay_from(sim_server& primary, std::size_t count) {
  store_.replay_from(primary.store_, count);
  timeline_ = std::max(timeline_, primary.timeline_);
}

void sim_server::resume() {
  hung_ = false;
  for (const auto& x : std::exchange(waiting_, {}))
    if (auto link = x.lock()) link->wake();
  for (const auto& b : backends()) b->run();
}

void sim_server::crash() {
  dials_.unreachable = true;
  ++crashes_;
  for (const auto& b : backends()) b->die();
}

void sim_server::terminate_all(const std::string& sqlstate, const std::string& message) {
  for (const auto& b : backends()) b->terminate(sqlstate, message);
}

void sim_server::release_delays() {
  for (const auto& b : backends())
    if (!b->waits_for_standby()) b->release_delay();
}

void sim_server::replicated(std::size_t transactions) {
  if (hung_) return;
  for (const auto& b : backends()) b->replicated(transactions);
}

void sim_server::rejoin(sim_server& primary) {
  for (const auto& b : backends()) b->die();
  ++crashes_;
  store_ = primary.store_;
  transactions_.clear();
  timeline_ = primary.timeline_;
  standby_ = true;
  read_only_ = false;
}

std::size_t sim_server::waiting_dials() {
  std::erase_if(waiting_, [](const auto& x) {
    const auto link = x.lock();
    return !link || link->ended();
  });
  return waiting_.size();
}

sim_server::admission sim_server::admit(const std::shared_ptr<sim_link>& link, const std::string* password) {
  admission out;
  const auto refuse = [&](std::string sqlstate, std::string text) {
    out.refused = {session_loss::phase::dialling, std::move(sqlstate), std::move(text), false};
  };
  if (hung_ || dials_.silent) {
    out.waiting = true;
    waiting_.push_back(link);
  } else if (dials_.unreachable) {
    refuse({}, "connection refused");
  } else if (dials_.refuse) {
    refuse(dials_.refuse->sqlstate, dials_.refuse->message);
  } else if (dials_.password && (!password || *password != *dials_.password)) {
    refuse("28P01", "password authentication failed");
  } else if (backends().size() >= dials_.sessions_max) {
    refuse("53300", "sorry, too many clients already");
  } else {
    out.backend = std::make_shared<sim_backend>(*this, link, ++last_pid_);
    if (password) out.backend->let_in_with(*password);
    backends_.push_back(out.backend);
  }
  return out;
}

void sim_server::transaction_ended() {
  for (const auto& b : backends()) b->release_lock();
}

void sim_server::notified(const sim_notification& x) {
  for (const auto& b : backends()) b->hear(x);
}

std::string sim_server::begin_transaction() {
  last_xid_ = std::max(last_xid_ + 1, first_xid + store_.log().size());
  auto xid = std::to_string(last_xid_);
  transactions_[xid] = "in progress";
  return xid;
}

void sim_server::end_transaction(const std::string& xid, std::string how) {
  if (!xid.empty()) transactions_[xid] = std::move(how);
}

result sim_server::identity_row(const std::string& xid) const {
  return row_of({xid, std::to_string(system_), "0000000" + std::to_string(timeline_), std::to_string(crashes_)});
}

result sim_server::status_row(const std::string& xid, const std::string& timeline) const {
  const auto mine = "0000000" + std::to_string(timeline_);
  const auto known = transactions_.find(xid);
  std::optional<std::string> status;
  // An id that was given out before, by this server or by the one whose log it took over, belongs to somebody.
  const bool given = std::strtoull(xid.c_str(), nullptr, 10) < first_xid + store_.log().size();
  const bool guarded = timeline != "any"; // As the mutation asks that believes a status on any timeline.
  if ((timeline == mine || !guarded) && known != transactions_.end()) {
    status = known->second;
  } else if (!guarded && given) {
    status = "committed";
  }
  return row_of({std::to_string(system_), mine, std::to_string(crashes_), status});
}

result sim_server::position_row() const {
  return row_of({"0000000" + std::to_string(timeline_), std::to_string(position())});
}

result sim_server::probe_row() const {
  const auto flag = [](bool x) { return std::optional<std::string>{x ? "t" : "f"}; };
  std::vector<owned_result::column> columns;
  for (const auto* name : {"r", "read_only", "timeline", "position", "system", "lag", "receiving"})
    columns.push_back({name, 25, result_format::text});
  std::vector<owned_result::cell> row{flag(standby_),
                                      flag(standby_ || read_only_),
                                      std::to_string(timeline_),
                                      std::to_string(position()),
                                      std::to_string(system_),
                                      std::to_string(replay_lag_seconds_.value_or(0)),
                                      standby_ ? flag(true) : std::nullopt};
  std::vector<std::vector<owned_result::cell>> rows;
  rows.push_back(std::move(row));
  return result{std::make_shared<owned_result>("SELECT 1", std::move(columns), std::move(rows))};
}

} // namespace tripool::test
