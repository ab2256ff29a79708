// Setting the stage, watching it, and taking the account.
// Used through stage.hpp only.
#include "tests/chaos/stage.hpp"

#include "service/cluster/process.hpp"

#include <caf/scoped_actor.hpp>

#include <pthread.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

namespace tripool::chaos {

bool report::holds() const {
  const auto& a = account;
  if (!problem.empty() || a.of(outcome::done) == 0) return false;
  for (const auto& m : measures)
    if (m.value > m.bar) return false;
  return a.lost + a.duplicate + a.phantom + a.torn + a.late + a.unanswered + a.misreported == 0;
}

namespace {

/// Threads that are started while it lives get a core before all ordinary ones, as far as this machine allows it: they
/// inherit the policy of who starts them.
class cores_first {
public:
  explicit cores_first(bool wanted) : done_(wanted && set(SCHED_RR, 1)) {}
  cores_first(const cores_first&) = delete;
  cores_first& operator=(const cores_first&) = delete;
  ~cores_first() {
    if (done_) set(SCHED_OTHER, 0);
  }

private:
  static bool set(int policy, int priority) noexcept {
    const sched_param x{priority};
    return pthread_setschedparam(pthread_self(), policy, &x) == 0;
  }

  bool done_;
};

} // namespace

stage::stage(cluster::private_cluster& servers, const stage_setup& how, std::uint64_t seed)
  : servers_(servers), how_(how), system_(config_) {
  if (how_.load.mix.empty()) how_.load.mix = test::workload_options{}.mix;
  prepare();
  start(seed);
  load_ = std::make_unique<test::workload>(system_, db_->delegate(), how_.load);
  if (!load_->wait_until_done(now(), 100, 15s)) throw stage_error{"The load was not served before any fault."};
}

/// A database of its own, known to all members.
void stage::prepare() {
  static int made = 0;
  database_ = "chaos_" + std::to_string(++made);
  must(servers_.create_database(database_));
  must(servers_.sql(0, test::workload::table, database_));
  if (how_.by_name) names_ = std::make_unique<name_server>();
  if (how_.plain_role) role_ = std::make_unique<app_role>(servers_, database_);
  for (std::size_t i = 1; i < servers_.size(); ++i) must(servers_.wait_until_caught_up(i));
  if (!how_.synchronous) return;
  must(servers_.configure(0, "synchronous_standby_names", "ANY 1 (node1, node2)"));
  wait_until("synchronous replication", 5s,
             [&] { return !must(servers_.value(0, "show synchronous_standby_names")).empty(); });
}

/// The proxies, and a Tripool that knows only them.
void stage::start(std::uint64_t seed) {
  auto o = default_options();
  instance_parts parts;
  for (std::size_t i = 0; i < o.pools.size(); ++i) {
    const auto at = servers_.at(i, database_);
    proxies_.push_back(std::make_unique<fault_proxy>(at.port, seed + i + 1));
    if (proxies_.back()->port() == 0) throw stage_error{"There is no free port for a proxy on 127.0.0.1."};
    auto& p = o.pools[i];
    p.target.host = how_.by_name ? servers_.name(i) + ".chaos.test" : at.host;
    p.target.port = proxies_.back()->port();
    p.target.dbname = at.database;
    p.target.user = role_ ? app_role::name : at.user;
    p.target.application_name = "tripool chaos";
    if (role_)
      p.credentials.password_file = role_->password_file();
    else
      parts.passwords.emplace(p.name, secret{std::string{at.password}});
  }
  if (how_.adjust) how_.adjust(o);
  if (role_)
    parts.log = log_.make();
  else if (const char* level = std::getenv("TRIPOOL_TEST_LOG"))
    parts.log = service::make_log(level);
  parts.seed = seed;
  const cores_first loop_first{how_.loop_first};
  db_ = std::make_unique<instance>(system_, std::move(o), std::move(parts));
}

stage::~stage() {
  for (auto& x : proxies_) x->mend();
  load_.reset();
  db_.reset();
}

std::string stage::sql(std::size_t member, const std::string& text) {
  const auto found = must(servers_.sql(member, text, database_));
  return found.empty() || found.front().empty() ? std::string{} : found.front().front();
}

service_status stage::status() {
  caf::scoped_actor self{system_};
  service_status out;
  self->request(db_->delegate(), 10s, get_service_status{})
    .receive([&](service_status& x) { out = std::move(x); },
             [&](const caf::error& e) { throw stage_error{"no status: " + system_.render(e)}; });
  return out;
}

topology_msg stage::topology() {
  caf::scoped_actor self{system_};
  topology_msg out;
  self->request(db_->delegate(), 10s, get_topology{})
    .receive([&](topology_msg& x) { out = std::move(x); },
             [&](const caf::error& e) { throw stage_error{"no topology: " + system_.render(e)}; });
  return out;
}

const pool_stats* stage::primary_pool(const service_status& s) const {
  for (const auto& p : s.pools)
    if (p.stats.name == "primary") return &p.stats;
  return nullptr;
}

std::uint64_t stage::gone() {
  const auto s = status();
  const auto* p = primary_pool(s);
  return p == nullptr ? 0 : p->counters.lost + p->counters.evicted;
}

void stage::play(std::chrono::milliseconds x) const {
  std::this_thread::sleep_for(x);
}

duration stage::wait_until(const std::string& what, std::chrono::milliseconds limit,
                           const std::function<bool()>& x) const {
  const auto begin = now();
  if (!cluster::wait_until(limit, x)) throw stage_error{"Waited in vain for " + what + "."};
  return now() - begin;
}

duration stage::first(time_point since, bool write) {
  const auto x = load_->wait_until_done(since, 1, 20s, [&](const test::entry& e) { return e.writes() == write; });
  if (!x) throw stage_error{std::string{"No "} + (write ? "write" : "read") + " was done within 20 s."};
  return *x;
}

std::size_t stage::most_advanced() {
  const auto received = [&](std::size_t i) {
    return std::stoull(must(servers().value(i, "select pg_last_wal_receive_lsn() - '0/0'::pg_lsn")));
  };
  return received(2) > received(1) ? 2 : 1;
}

duration stage::first_write(time_point since) {
  return first(since, true);
}

duration stage::first_read(time_point since) {
  return first(since, false);
}

void stage::record(std::string what, duration x, std::chrono::milliseconds bar) {
  const auto ms = std::chrono::duration<double, std::milli>(x).count();
  report_.measures.push_back({std::move(what), ms, static_cast<double>(bar.count()), "ms"});
}

void stage::record(std::string what, std::uint64_t x, std::uint64_t bar) {
  report_.measures.push_back({std::move(what), static_cast<double>(x), static_cast<double>(bar), ""});
}

void stage::account(std::size_t member, const std::function<bool(const test::entry&)>& counts) {
  load_->finish();
  report_.account = test::judge(*load_, must(test::read_ledger(servers_, member, database_)), how_.load, counts);
}

test::verdict stage::next_load(std::int64_t key_base) {
  load_->finish();
  auto out = test::judge(*load_, must(test::read_ledger(servers_, 0, database_)), how_.load);
  load_.reset();
  how_.load.key_base = key_base;
  sql(0, "delete from ledger where k < " + std::to_string(key_base));
  load_ = std::make_unique<test::workload>(system_, db_->delegate(), how_.load);
  return out;
}

std::vector<scenario> all_scenarios() {
  std::vector<scenario> out;
  for (auto* some : {network_scenarios, packet_scenarios, server_scenarios, admission_scenarios, statement_scenarios,
                     client_scenarios, name_scenarios})
    for (auto& x : some()) out.push_back(std::move(x));
  std::ranges::stable_sort(out, {}, &scenario::row);
  return out;
}

} // namespace tripool::chaos
