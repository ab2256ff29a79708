// Running the demonstration.
#include "service/demo/performance.hpp"

#include "service/app/readiness.hpp"
#include "service/demo/clock.hpp"
#include "service/demo/orders.hpp"
#include "service/demo/text.hpp"
#include "service/demo/workload.hpp"

#include "tripool/actors/error.hpp"

#include <caf/scoped_actor.hpp>

#include <algorithm>
#include <utility>

namespace tripool::demo {

namespace {

constexpr auto look_every = std::chrono::milliseconds{50};     ///< Between two looks at the status.
constexpr auto settled_after = std::chrono::milliseconds{150}; ///< No event is found out later than that.
constexpr auto status_limit = std::chrono::milliseconds{2000}; ///< For one look.
constexpr auto ready_limit = std::chrono::seconds{15};
constexpr auto incident_limit = std::chrono::seconds{60}; ///< More than its steps can take on a slow machine.
constexpr auto stop_limit = std::chrono::seconds{5};      ///< For what is in flight at the end.

instance_parts parts_of(loaded_config& x, std::shared_ptr<spdlog::logger> log) {
  instance_parts out;
  out.passwords = std::move(x.inline_passwords);
  out.log = std::move(log);
  return out;
}

bool all_serve(const service_status& s) {
  if (!s.monitor.table || !s.monitor.table->has_writer()) return false;
  const auto& routes = s.monitor.table->routes;
  return std::all_of(routes.begin(), routes.end(), [](const pool_route& r) { return r.usable_for_reads; });
}

} // namespace

performance::performance(stage& where, loaded_config&& config, std::shared_ptr<spdlog::logger> log, display& out,
                         service::signal_watch& signals)
  : where_(where),
    out_(out),
    signals_(signals),
    drain_(std::min<duration>(config.options.drain_timeout, stop_limit)),
    sys_(cfg_),
    db_(sys_, std::move(config.options), parts_of(config, std::move(log))) {}

std::optional<performance::problem> performance::prepare() {
  if (auto why = wait_until_all_serve()) return why;
  std::optional<problem> out;
  caf::scoped_actor self{sys_};
  self->request(db_.delegate(), caf::infinite, make_tables())
    .receive([](const reply&) {},
             [&](const caf::error& e) { out = "The tables could not be made: " + to_string(failure_of(e)); });
  if (out) return out;
  for (std::size_t i = 1; i < where_.servers.size(); ++i) {
    if (auto done = where_.servers.wait_until_caught_up(i); !done) return to_string(done.error());
  }
  if (signals_.take()) return problem{};
  return std::nullopt;
}

std::optional<performance::problem> performance::wait_until_all_serve() {
  const auto until = now() + ready_limit;
  for (;;) {
    const auto s = service::ask_status(sys_, db_, status_limit);
    if (s && all_serve(*s)) return std::nullopt;
    if (now() >= until) {
      return "The pools did not find their servers in time: "
             + (s && s->monitor.table ? explain(*s->monitor.table, access::read, now()) : std::string{"no status"});
    }
    if (signals_.wait(std::chrono::milliseconds{20})) return problem{};
  }
}

std::variant<closing, performance::problem> performance::run(duration length) {
  const auto start = now();
  const auto books = std::make_shared<ledger>(start);
  out_.begin(start);
  workload callers{sys_, db_, books, {}};
  incident what{where_, books, {start + length / 3}, [this](std::string text) { out_.event(now(), text); }};
  if (auto why = show_workload(*books, what, start, length)) return std::move(*why);
  callers.stop(workload_options{}.write_deadline + 2 * lateness_max);
  books->close(now());
  if (signals_.take()) return problem{};
  return count(*books, what, start, now() - start);
}

/// Shows lines until the time is over and the incident has finished.
std::optional<performance::problem> performance::show_workload(ledger& books, incident& what, time_point start,
                                                               duration length) {
  watcher eyes{out_};
  bool headed = false;
  bool said_first_write = false;
  auto next_tick = start + std::chrono::seconds{1};
  for (;;) {
    if (signals_.wait(look_every)) return problem{};
    const auto report = what.report();
    if (report.problem) return "The incident did not go as planned: " + *report.problem;
    if (auto s = service::ask_status(sys_, db_, status_limit)) {
      if (!std::exchange(headed, true)) eyes.head(*s);
      eyes.see(*s, now());
      const auto sums = books.sums();
      if (sums.write_after_promotion && !std::exchange(said_first_write, true)) {
        out_.event(*sums.write_after_promotion, "the first write since the crash is acknowledged, "
                                                  + length_text(*sums.write_after_promotion - *report.crashed)
                                                  + " after it");
      }
      if (now() >= next_tick) {
        eyes.tick(*s, sums, now() - start);
        next_tick += std::chrono::seconds{1};
      }
    }
    out_.settle(now() - settled_after);
    if (now() >= start + length && report.finished) return std::nullopt;
    if (now() >= start + length + incident_limit) return problem{"The incident did not end in time."};
  }
}

std::variant<closing, performance::problem> performance::count(ledger& books, const incident& what, time_point start,
                                                               duration length) {
  closing x;
  x.sums = books.sums();
  x.incident = what.report();
  x.start = start;
  x.length = length;
  x.survivor = where_.servers.name(x.incident.survivor);
  x.survivor_port = where_.servers.at(x.incident.survivor).port;
  for (std::size_t i = 0; i < where_.servers.size(); ++i) {
    const auto at = where_.servers.at(i);
    x.servers.push_back(at.host + ":" + std::to_string(at.port));
  }
  if (auto s = service::ask_status(sys_, db_, status_limit)) x.status = std::move(*s);
  const auto stored = books.stored();
  auto held = take_inventory(sys_, db_, first_key + static_cast<std::int64_t>(stored.size()) - 1);
  if (auto* why = std::get_if<std::string>(&held)) return "The rows could not be counted: " + *why;
  x.held = std::move(std::get<inventory>(held));
  x.found = judge(stored, x.held.orders);
  return x;
}

void performance::watch() {
  watcher eyes{out_};
  out_.begin(now());
  while (!signals_.wait(look_every)) {
    if (const auto s = service::ask_status(sys_, db_, status_limit)) eyes.see(*s, now());
    out_.settle(now() - settled_after);
  }
}

void performance::stop() {
  db_.stop(drain_);
}

} // namespace tripool::demo
