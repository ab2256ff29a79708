// The account.
#include "service/demo/summary.hpp"

#include "service/demo/text.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <optional>

namespace tripool::demo {

namespace {

using lines = std::vector<std::string>;

std::string entry(const std::string& name, const std::string& text) {
  return fmt::format("  {:<18}{}", name, text);
}

std::string between(const std::optional<time_point>& from, const std::optional<time_point>& to) {
  return from && to ? length_text(*to - *from) : std::string{"never"};
}

std::string moment(const closing& x, time_point when) {
  return fmt::format("{:.2f} s", std::chrono::duration<double>(when - x.start).count());
}

void add_requests(const closing& x, lines& out) {
  const auto& s = x.sums;
  const auto seconds = std::max(0.001, std::chrono::duration<double>(x.length).count());
  out.push_back(
    entry("requests", fmt::format("{} in {:.1f} s: {} reads, {} writes, {} batches", grouped(s.sent_in_all()), seconds,
                                  grouped(s.sent[0]), grouped(s.sent[1]), grouped(s.sent[2]))));
  out.push_back(
    entry("answers", fmt::format("{} done, {} not executed, {} rejected, {} in doubt",
                                 grouped(s.ended_as(outcome::done)), grouped(s.ended_as(outcome::not_executed)),
                                 grouped(s.ended_as(outcome::rejected)), grouped(s.ended_as(outcome::in_doubt)))));
  for (const auto& [reason, n] : s.reasons) {
    out.push_back(wrapped(entry("", grouped(n.count) + " x " + reason + ", the first: " + n.first), 22));
  }
  out.push_back(
    entry("late, unanswered", fmt::format("{} later than {} after the deadline, {} unanswered", grouped(s.late),
                                          length_text(lateness_max), grouped(s.sent_in_all() - s.ended_in_all()))));
  out.push_back(entry(
    "slowest", fmt::format("read {}, write or batch {}", length_text(s.slowest_read), length_text(s.slowest_write))));
}

void add_incident(const closing& x, lines& out) {
  const auto& s = x.sums;
  const auto& i = x.incident;
  out.push_back(entry("reads", fmt::format("answered by another server {} after the crash; longest gap {}",
                                           between(i.crashed, s.read_elsewhere), length_text(s.without_read.length))));
  out.push_back(entry("writes", fmt::format("acknowledged {} after the order to promote {}; longest gap {}, from {} on",
                                            between(i.promoting, s.write_after_promotion), x.survivor,
                                            length_text(s.without_write.length), moment(x, s.without_write.from))));
}

void add_moves(const closing& x, lines& out) {
  const auto& m = x.status.monitor;
  out.push_back(entry("reassigned", fmt::format("{} sent to a pool anew, {} waited for a writer meanwhile",
                                                counted(m.moved, "request"), grouped(m.parked_total))));
}

void add_pools(const closing& x, lines& out) {
  out.push_back("");
  constexpr const char* columns = "  {:<10}{:<17}{:<11}{:>5}{:>14}{:>11}{:>11}{:>7}{:>8}{:>9}";
  out.push_back(fmt::format(columns, "pool", "server", "health", "open", "dials/failed", "submitted", "completed",
                            "moved", "failed", "reads"));
  for (std::size_t i = 0; i < x.status.pools.size(); ++i) {
    const auto& p = x.status.pools[i].stats;
    const auto& c = p.counters;
    const auto health =
      i < x.status.monitor.pools.size() ? to_string(x.status.monitor.pools[i].health.state) : "unknown";
    std::uint64_t reads = 0;
    for (const auto& [port, n] : x.sums.reads_by_port)
      if (i < x.servers.size() && x.servers[i].ends_with(":" + std::to_string(port))) reads += n;
    out.push_back(fmt::format(columns, p.name, i < x.servers.size() ? x.servers[i] : "", health, p.connections.open(),
                              grouped(c.dials) + "/" + grouped(c.dial_failures), grouped(c.submitted),
                              grouped(c.completed), grouped(c.moved), grouped(c.failed), grouped(reads)));
  }
}

} // namespace

std::vector<check> checks_of(const closing& x) {
  const auto& v = x.found;
  const auto& s = x.sums;
  const auto unanswered = s.sent_in_all() - s.ended_in_all();
  std::vector<check> out;
  out.push_back(
    {x.held.port == x.survivor_port, fmt::format("the rows were counted on {}, through the delegate", x.survivor)});
  out.push_back({v.acknowledged > 0 && v.lost == 0,
                 fmt::format("{} acknowledged, {} of them lost", counted(v.acknowledged, "write"), grouped(v.lost))});
  out.push_back({v.duplicates == 0, fmt::format("{} carried out twice", counted(v.duplicates, "request"))});
  out.push_back({v.phantoms == 0, fmt::format("{} reported as not executed or rejected, {} of them there after all",
                                              counted(v.refused, "request"), grouped(v.phantoms))});
  out.push_back({v.torn == 0 && x.held.sales_disagreeing == 0,
                 fmt::format("{} torn; the sales of {} disagree with their lines", counted(v.torn, "transaction"),
                             counted(static_cast<std::uint64_t>(x.held.sales_disagreeing), "article"))});
  out.push_back({v.strangers == 0, fmt::format("{} that nobody asked for", counted(v.strangers, "row"))});
  out.push_back({unanswered == 0 && s.late == 0,
                 fmt::format("{} unanswered, {} answered late", counted(unanswered, "request"), grouped(s.late))});
  out.push_back({s.wrong_reads == 0, fmt::format("{} answered with wrong rows", counted(s.wrong_reads, "read"))});
  out.push_back({s.read_elsewhere.has_value() && s.write_after_promotion.has_value(),
                 "reads and writes went on at the other servers"});
  return out;
}

std::vector<std::string> summarize(const closing& x) {
  lines out{"", "What was asked and answered"};
  add_requests(x, out);
  add_incident(x, out);
  add_moves(x, out);
  add_pools(x, out);
  out.insert(out.end(), {"", "What " + x.survivor + " holds, against what the callers were told"});
  const auto checks = checks_of(x);
  for (const auto& c : checks) out.push_back(std::string{c.held ? "  ok      " : "  BROKEN  "} + c.text);
  const auto& v = x.found;
  out.push_back(fmt::format("  info    {} in doubt, resolved by looking: {} took effect, {} did not",
                            grouped(v.doubtful_applied + v.doubtful_void), grouped(v.doubtful_applied),
                            grouped(v.doubtful_void)));
  if (!v.examples.empty()) {
    std::string keys;
    for (const auto key : v.examples) keys += " " + std::to_string(key);
    out.push_back("  see orders" + keys);
  }
  const bool held = std::all_of(checks.begin(), checks.end(), [](const check& c) { return c.held; });
  out.push_back("");
  out.push_back(held ? "Result: the primary died, and nothing was lost." : "Result: a promise was BROKEN.");
  return out;
}

} // namespace tripool::demo
