// What the demonstration shows while it runs: a line a second with the figures so far, and a line for each event: what
// was done to the servers, and what Tripool made of it. Plain text, no terminal control.
// Knows status snapshots and the ledger's sums. Used by the command `demo`.
#pragma once

#include "service/demo/ledger.hpp"

#include "tripool/actors/status.hpp"

#include <cstdio>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace tripool::demo {

/// Writes lines. All functions may be called from any thread. Events come from several threads, and some are found out
/// a little later than they happened: they wait for a moment, so that they are written in the order of their times.
class display {
public:
  explicit display(std::FILE* out) : out_(out) {}
  ~display() { settle(time_point::max()); }
  display(const display&) = delete;
  display& operator=(const display&) = delete;

  /// Times of events count from here; before, they have none.
  void begin(time_point start);
  /// A line without a time, written at once, after all events so far.
  void line(const std::string& text);
  /// Something happened at this moment.
  void event(time_point when, std::string text);
  /// Writes the events that happened until then.
  void settle(time_point until);

private:
  void write_events(time_point until);
  void write(const std::string& text);

  std::FILE* out_;
  std::mutex mutex_;
  std::multimap<time_point, std::string> events_;
  time_point start_{};
  bool begun_ = false;
};

/// Turns snapshots into lines: call `see` often, for events; `tick` once a second, for figures. One thread.
class watcher {
public:
  explicit watcher(display& to) : to_(to) {}

  /// Reports what has changed since the last snapshot: health and server of each pool, and where writes go.
  void see(const service_status& s, time_point now);
  /// The head of the lines that `tick` writes.
  void head(const service_status& s);
  /// The figures at this moment, `elapsed` after the start.
  void tick(const service_status& s, const account& sums, duration elapsed);

private:
  struct seen_pool {
    health_state state = health_state::unknown;
    server_role role = server_role::unknown;
  };

  display& to_;
  std::vector<seen_pool> pools_;
  std::string writer_;
  bool first_ = true;
  std::uint64_t ended_before_ = 0;
  duration elapsed_before_{0};
};

/// The name of the pool that writes go to now; empty when there is none.
std::string writer_of(const service_status& s);

} // namespace tripool::demo
