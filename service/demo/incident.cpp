// The incident, step by step.
#include "service/demo/incident.hpp"

#include "service/demo/clock.hpp"
#include "service/demo/text.hpp"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

namespace tripool::demo {

namespace {

std::optional<std::uint32_t> parse_hex(std::string_view text) {
  std::uint32_t out = 0;
  const auto end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, out, 16);
  if (error != std::errc{} || at != end) return std::nullopt;
  return out;
}

} // namespace

std::optional<std::uint64_t> parse_wal_position(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const auto high = parse_hex(std::string_view{text}.substr(0, slash));
  const auto low = parse_hex(std::string_view{text}.substr(slash + 1));
  if (!high || !low) return std::nullopt;
  return (std::uint64_t{*high} << 32U) | *low;
}

incident::incident(stage& where, std::shared_ptr<ledger> books, incident_plan plan,
                   std::function<void(std::string)> say)
  : where_(where), books_(std::move(books)), plan_(plan), say_(std::move(say)), thread_([this] { run(); }) {}

incident::~incident() {
  {
    std::lock_guard<std::mutex> guard{mutex_};
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

incident_report incident::report() const {
  std::lock_guard<std::mutex> guard{mutex_};
  return report_;
}

bool incident::wait(duration limit) {
  std::unique_lock<std::mutex> guard{mutex_};
  return changed_.wait_for(guard, limit, [this] { return report_.finished; });
}

void incident::run() {
  const auto done = happen();
  std::lock_guard<std::mutex> guard{mutex_};
  if (!done) report_.problem = to_string(done.error());
  report_.finished = true;
  changed_.notify_all();
}

/// Ends early without a problem when it is told to.
cluster::result<void> incident::happen() {
  auto& servers = where_.servers;
  if (!sleep_until(plan_.crash_at)) return {};
  books_->crashed(servers.at(0).port);
  {
    std::lock_guard<std::mutex> guard{mutex_};
    report_.crashed = now();
  }
  say_("CRASH: " + servers.name(0) + ", the primary server, is killed with all its processes (SIGKILL).");
  if (auto done = servers.crash(0); !done) return done;
  if (!sleep_until(now() + plan_.promote_after)) return {};

  const auto chosen = choose_standby();
  if (!chosen) return chosen.error();
  const auto other = 3 - *chosen;
  const auto ordered = now();
  books_->promoted();
  {
    std::lock_guard<std::mutex> guard{mutex_};
    report_.promoting = ordered;
    report_.survivor = *chosen;
  }
  if (auto done = servers.promote(*chosen); !done) return done;
  {
    std::lock_guard<std::mutex> guard{mutex_};
    report_.promoted = now();
  }
  say_(servers.name(*chosen) + " takes writes, " + length_text(now() - ordered) + " after the order.");
  if (auto done = servers.follow(other, *chosen); !done) return done;
  if (auto done = servers.wait_until_streaming(other); !done) return done;
  say_(servers.name(other) + " follows it: it streams from " + servers.name(*chosen) + " now.");
  return {};
}

/// Every acknowledged commit reached one standby at least, so that the one that received more has them all.
cluster::result<std::size_t> incident::choose_standby() {
  auto& servers = where_.servers;
  std::vector<std::string> texts;
  std::vector<std::uint64_t> received;
  for (std::size_t i = 1; i < servers.size(); ++i) {
    auto text = servers.value(i, "select pg_last_wal_receive_lsn()");
    if (!text) return text.error();
    const auto position = parse_wal_position(*text);
    if (!position) return cluster::problem{servers.name(i) + " has received no log from the primary.", {}};
    texts.push_back(std::move(*text));
    received.push_back(*position);
  }
  const std::size_t best = received[1] > received[0] ? 2 : 1;
  const auto other = 3 - best;
  const auto ahead = received[best - 1] - received[other - 1];
  const auto why = ahead == 0 ? "both standbys received the same log, up to " + texts[best - 1]
                              : "it received the log up to " + texts[best - 1] + ", " + counted(ahead, "byte")
                                  + " more than " + servers.name(other);
  say_("PROMOTION of " + servers.name(best) + ": " + why + ", and so it has every acknowledged commit.");
  return best;
}

/// Returns false when the incident is to end.
bool incident::sleep_until(time_point when) {
  std::unique_lock<std::mutex> guard{mutex_};
  return !changed_.wait_until(guard, when, [this] { return ending_; });
}

} // namespace tripool::demo
