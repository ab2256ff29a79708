// Lines.
#include "service/demo/display.hpp"

#include "service/demo/text.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <utility>

namespace tripool::demo {

namespace {

double seconds(duration x) {
  return std::chrono::duration<double>(x).count();
}

/// "healthy 10": the state of a pool, and how many of its connections are open.
std::string pool_cell(const service_status& s, std::size_t i) {
  const auto state = std::string{to_string(s.monitor.pools[i].health.state)};
  const auto& name = s.monitor.pools[i].health.pool;
  const auto at = std::find_if(s.pools.begin(), s.pools.end(), [&](const auto& p) { return p.stats.name == name; });
  return at == s.pools.end() ? state : state + " " + std::to_string(at->stats.connections.open());
}

} // namespace

std::string writer_of(const service_status& s) {
  if (!s.monitor.table) return {};
  for (const auto& x : s.monitor.table->routes)
    if (x.usable_for_writes) return x.name;
  return {};
}

void display::begin(time_point start) {
  std::lock_guard<std::mutex> guard{mutex_};
  start_ = start;
  begun_ = true;
}

void display::line(const std::string& text) {
  std::lock_guard<std::mutex> guard{mutex_};
  write_events(time_point::max());
  write(text);
}

void display::event(time_point when, std::string text) {
  std::lock_guard<std::mutex> guard{mutex_};
  events_.emplace(when, std::move(text));
}

void display::settle(time_point until) {
  std::lock_guard<std::mutex> guard{mutex_};
  write_events(until);
}

void display::write_events(time_point until) {
  while (!events_.empty() && events_.begin()->first <= until) {
    const auto& [when, text] = *events_.begin();
    const auto at = begun_ ? std::max(0.0, seconds(when - start_)) : 0.0;
    write(wrapped(fmt::format("{:6.2f} s * {}", at, text), 11));
    events_.erase(events_.begin());
  }
}

void display::write(const std::string& text) {
  std::fputs((text + "\n").c_str(), out_);
  std::fflush(out_);
}

void watcher::see(const service_status& s, time_point now) {
  if (!s.monitor.table) return;
  pools_.resize(s.monitor.pools.size());
  for (std::size_t i = 0; i < pools_.size(); ++i) {
    const auto& health = s.monitor.pools[i].health;
    const seen_pool is{health.state, health.facts.role};
    const auto was = std::exchange(pools_[i], is);
    if (first_) continue;
    if (was.state != is.state) {
      to_.event(std::min(now, health.since), fmt::format("pool {}: {} -> {}: {}", health.pool, to_string(was.state),
                                                         to_string(is.state), health.reason));
    }
    if (was.role != is.role && is.role != server_role::unknown) {
      to_.event(now, fmt::format("pool {}: its server is a {} now", health.pool, to_string(is.role)));
    }
  }
  const auto is = writer_of(s);
  const auto was = std::exchange(writer_, is);
  if (!std::exchange(first_, false) && was != is) {
    to_.event(now, is.empty() ? "no pool takes writes: they wait"
                              : "writes go to pool " + is + (was.empty() ? "" : ", not to " + was + " any more"));
  }
}

void watcher::head(const service_status& s) {
  auto text = fmt::format("{:>6} {:>8} {:>9} {:>13} {:>9} {:>9} {:>8}  {:<10}", "time", "per s", "done", "not executed",
                          "rejected", "in doubt", "waiting", "writes to");
  for (const auto& p : s.monitor.pools) text += fmt::format(" {:<13}", p.health.pool);
  to_.line(text.substr(0, text.find_last_not_of(' ') + 1));
}

void watcher::tick(const service_status& s, const account& sums, duration elapsed) {
  const auto ended = sums.ended_in_all();
  const auto span = seconds(elapsed - std::exchange(elapsed_before_, elapsed));
  const auto rate = static_cast<double>(ended - std::exchange(ended_before_, ended)) / std::max(span, 0.001);
  const auto writer = writer_of(s);
  auto text = fmt::format("{:>4.0f} s {:>8} {:>9} {:>13} {:>9} {:>9} {:>8}  {:<10}", seconds(elapsed),
                          grouped(static_cast<std::uint64_t>(rate)), grouped(sums.ended_as(outcome::done)),
                          grouped(sums.ended_as(outcome::not_executed)), grouped(sums.ended_as(outcome::rejected)),
                          grouped(sums.ended_as(outcome::in_doubt)), grouped(sums.sent_in_all() - ended),
                          writer.empty() ? "nobody" : writer);
  for (std::size_t i = 0; i < s.monitor.pools.size(); ++i) text += fmt::format(" {:<13}", pool_cell(s, i));
  to_.line(text.substr(0, text.find_last_not_of(' ') + 1));
}

} // namespace tripool::demo
