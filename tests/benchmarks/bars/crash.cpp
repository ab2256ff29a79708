// From a crash to the answer of another server. A read that finds itself on the primary sleeps there; elsewhere it
// answers at once. So every read that waits when the primary is killed has been moved when its answer comes.
#include "tests/benchmarks/bars/measures.hpp"
#include "tests/benchmarks/bars/witness.hpp"

#include "service/app/readiness.hpp"
#include "service/app/system.hpp"
#include "service/cluster/private_cluster.hpp"
#include "service/cluster/process.hpp"
#include "tripool/actors/error.hpp"
#include "tripool/actors/loop_actor.hpp"

#include <caf/send.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include <csignal>
#include <sys/types.h>

namespace tripool::bars {

namespace {

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

constexpr std::size_t reads = 12; ///< Sent at once: about a third of them is on the primary.

statement waits_on(std::uint16_t port) {
  statement s;
  s.text = "select case when inet_server_port() = $1 then pg_sleep(20)::text end";
  s.parameters.emplace_back(std::int64_t{port});
  s.mode = access::read;
  s.timeout = 15s;
  return s;
}

options to_members(const cluster::private_cluster& home, instance_parts& parts) {
  auto o = default_options();
  for (std::size_t i = 0; i < o.pools.size(); ++i) {
    auto& p = o.pools[i];
    const auto at = home.at(i);
    p.target.host = at.host;
    p.target.port = at.port;
    p.target.dbname = at.database;
    p.target.user = at.user;
    p.connections_min = p.connections_max = reads;
    parts.passwords.emplace(p.name, secret{std::string{at.password}});
  }
  return o;
}

/// What has become of the reads of one round.
struct book {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<clock_type::time_point> answers;
  std::size_t failed = 0;
  std::string why;

  std::size_t ended() const { return answers.size() + failed; }
  /// Waits until all have ended, or for so long. Returns how many have been answered.
  std::size_t wait(std::chrono::milliseconds limit) {
    std::unique_lock<std::mutex> guard{mutex};
    changed.wait_for(guard, limit, [&] { return ended() == reads; });
    return answers.size();
  }
};

/// Asks once, and writes down when the answer came.
class reader final : public loop_actor {
public:
  reader(caf::actor_config& cfg, reactor* loop, caf::actor to, std::uint16_t port, std::shared_ptr<book> b)
    : loop_actor(cfg, loop), to_(std::move(to)), port_(port), book_(std::move(b)) {}

private:
  caf::behavior make_behavior() override {
    return {[this](tick_msg) {
      request(to_, caf::infinite, waits_on(port_))
        .then([this](const result&) { write([](book& b) { b.answers.push_back(clock_type::now()); }); },
              [this](const caf::error& e) {
                write([&](book& b) {
                  ++b.failed;
                  b.why = to_string(failure_of(e));
                });
              });
    }};
  }
  void on_end() override { to_ = nullptr; }
  template <class F>
  void write(F f) {
    std::lock_guard<std::mutex> guard{book_->mutex};
    f(*book_);
    book_->changed.notify_all();
    quit();
  }

  caf::actor to_;
  std::uint16_t port_;
  std::shared_ptr<book> book_;
};

/// The first server's processes, the one that watches the others first, then those of sessions in any order; empty when
/// they cannot be told. Looked for before the clock starts: finding them takes longer than what is measured.
std::vector<pid_t> processes_of_first(cluster::private_cluster& home, std::mt19937& random) {
  std::ifstream file{home.state_directory() / home.name(0) / "postmaster.pid"};
  std::vector<pid_t> out(1);
  const auto rows = home.sql(0, "select pid from pg_stat_activity where pid <> pg_backend_pid()");
  if (!(file >> out.front()) || out.front() <= 1 || !rows) return {};
  for (const auto& x : *rows) out.push_back(static_cast<pid_t>(std::stoi(x.front())));
  std::shuffle(std::next(out.begin()), out.end(), random);
  return out;
}

/// Waits until reads may go to the first server.
bool wait_until_read_from(caf::actor_system& sys, const instance& db) {
  const auto usable = [&] {
    const auto s = service::ask_status(sys, db, 2s);
    return s && s->monitor.table && s->monitor.table->routes.front().usable_for_reads;
  };
  if (cluster::wait_until(30s, usable)) return true;
  std::fputs("tripool-bench-bars: the first server serves no reads\n", stderr);
  return false;
}

/// What a crash came to, in milliseconds since the kill.
struct times {
  std::vector<double> answers; ///< Of the reads that waited on the primary.
  double closed = 0;           ///< The first of as many plain sockets to the primary was closed.
  double plain = 0;            ///< Another server has answered who saw that, and asked by plain libpq.
};

double since(clock_type::time_point begin, clock_type::time_point x) {
  return std::chrono::duration<double, std::milli>(x - begin).count();
}

/// Sends the reads, kills the primary when only those on it are left, and takes the times of their answers.
bool one_round(cluster::private_cluster& home, instance& db, std::mt19937& random, times& out) {
  auto b = std::make_shared<book>();
  for (std::size_t i = 0; i < reads; ++i)
    caf::anon_send(db.spawn_on_loop<reader>(db.delegate(), home.at(0).port, b), tick_msg{});
  const auto before = b->wait(300ms);
  if (before == reads) return true; // None was on the primary.
  witnesses plain{home.at(0), reads - before, home.at(1)};
  const auto processes = processes_of_first(home, random);
  if (processes.empty() || !plain.problem().empty()) return std::fputs(plain.problem().c_str(), stderr), false;
  const auto killed = clock_type::now();
  for (const auto p : processes) kill(p, SIGKILL);
  const auto all = b->wait(15s);
  if (home.state(0) != cluster::member_state::stopped) (void)home.crash(0); // What is left of it.
  const bool well = all == reads;
  std::lock_guard<std::mutex> guard{b->mutex};
  for (std::size_t i = before; i < b->answers.size(); ++i) out.answers.push_back(since(killed, b->answers[i]));
  if (const auto x = plain.first_end()) out.closed = since(killed, *x);
  if (const auto x = plain.answered()) out.plain = since(killed, *x);
  if (!well) std::fprintf(stderr, "tripool-bench-bars: %zu of %zu reads answered; %s\n", all, reads, b->why.c_str());
  return well;
}

double percentile(const std::vector<double>& sorted, double p) {
  if (sorted.empty()) return 0;
  const auto i = static_cast<std::size_t>(p * static_cast<double>(sorted.size()));
  return sorted[std::min(i, sorted.size() - 1)];
}

} // namespace

int crash(std::size_t rounds) {
  cluster::cluster_options how;
  how.max_connections = 100;
  auto started = cluster::private_cluster::start(how);
  if (!started) {
    std::fprintf(stderr, "tripool-bench-bars: %s\n", to_string(started.error()).c_str());
    return 1;
  }
  auto home = std::move(*started);
  std::vector<double> all;
  std::vector<double> first;
  std::vector<double> closed;
  std::vector<double> plain;
  std::mt19937 random{1};
  bool answered = true;
  for (std::size_t i = 0; i < rounds; ++i) {
    times x;
    {
      // An instance of its own: the one before remembers how long reads have waited on the first server, and avoids it.
      service::system_config cfg;
      caf::actor_system sys{cfg};
      instance_parts parts;
      auto o = to_members(home, parts);
      instance db{sys, std::move(o), std::move(parts)};
      if (!wait_until_read_from(sys, db)) return 1;
      if (!service::wait_until_dialled(sys, db, 30s))
        return std::fputs("tripool-bench-bars: not all is dialled\n", stderr), 1;
      answered = one_round(home, db, random, x) && answered;
    }
    if (!x.answers.empty()) {
      first.push_back(*std::min_element(x.answers.begin(), x.answers.end()));
      closed.push_back(x.closed);
      plain.push_back(x.plain);
    }
    all.insert(all.end(), x.answers.begin(), x.answers.end());
    auto back = home.state(0) == cluster::member_state::stopped ? home.start_member(0) : cluster::result<void>{};
    for (std::size_t k = 1; k < home.size() && back; ++k) back = home.wait_until_streaming(k);
    if (!back) {
      std::fprintf(stderr, "tripool-bench-bars: the cluster does not come back: %s\n", to_string(back.error()).c_str());
      return 1;
    }
  }
  for (auto* x : {&all, &first, &closed, &plain}) std::sort(x->begin(), x->end());
  const nlohmann::ordered_json j{{"rounds", rounds},
                                 {"moved_reads", all.size()},
                                 {"unanswered", !answered},
                                 {"first_p50_ms", percentile(first, 0.5)},
                                 {"first_max_ms", first.empty() ? 0.0 : first.back()},
                                 {"first_socket_p50_ms", percentile(closed, 0.5)},
                                 {"raw_first_p50_ms", percentile(plain, 0.5)},
                                 {"raw_first_max_ms", plain.empty() ? 0.0 : plain.back()},
                                 {"all_p50_ms", percentile(all, 0.5)},
                                 {"all_p99_ms", percentile(all, 0.99)}};
  std::puts(j.dump().c_str());
  return answered ? 0 : 1;
}

} // namespace tripool::bars
