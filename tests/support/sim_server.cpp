// The simulated server: processes, dials, role, the answer to the probe.
#include "tests/support/sim_server.hpp"

#include <algorithm>
#include <utility>

namespace tripool::test {

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
  for (const auto& b : backends()) b->die();
}

void sim_server::terminate_all(const std::string& sqlstate, const std::string& message) {
  for (const auto& b : backends()) b->terminate(sqlstate, message);
}

void sim_server::release_delays() {
  for (const auto& b : backends()) b->release_delay();
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
    backends_.push_back(out.backend);
  }
  return out;
}

void sim_server::notified(const sim_notification& x) {
  for (const auto& b : backends()) b->hear(x);
}

result sim_server::probe_row() const {
  const auto flag = [](bool x) { return std::optional<std::string>{x ? "t" : "f"}; };
  std::vector<owned_result::column> columns;
  for (const auto* name : {"r", "read_only", "timeline", "position", "system", "lag", "receiving"})
    columns.push_back({name, 25, result_format::text});
  const auto position = 16'777'216 + store_.log().size() * 100;
  std::vector<owned_result::cell> row{flag(standby_),
                                      flag(standby_ || read_only_),
                                      std::to_string(timeline_),
                                      std::to_string(position),
                                      std::to_string(system_),
                                      std::to_string(replay_lag_seconds_.value_or(0)),
                                      standby_ ? flag(true) : std::nullopt};
  std::vector<std::vector<owned_result::cell>> rows;
  rows.push_back(std::move(row));
  return result{std::make_shared<owned_result>("SELECT 1", std::move(columns), std::move(rows))};
}

} // namespace tripool::test
