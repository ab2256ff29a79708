// Columns for people.
#include "service/inspect/status_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <utility>

namespace tripool::service {

namespace {

using document = nlohmann::json;
using row = std::vector<std::string>;

std::optional<document> parse(std::string_view text) {
  auto x = document::parse(text.begin(), text.end(), nullptr, false);
  if (x.is_discarded() || !x.is_object()) return std::nullopt;
  return x;
}

/// A member at a path of names; null when there is none.
document at(const document& from, std::initializer_list<const char*> path) {
  const document* x = &from;
  for (const auto* name : path) {
    if (!x->is_object()) return nullptr;
    const auto i = x->find(name);
    if (i == x->end()) return nullptr;
    x = &*i;
  }
  return *x;
}

double number(const document& from, std::initializer_list<const char*> path) {
  const auto x = at(from, path);
  return x.is_number() ? x.get<double>() : 0;
}

bool yes(const document& from, std::initializer_list<const char*> path) {
  const auto x = at(from, path);
  return x.is_boolean() && x.get<bool>();
}

/// Control characters of whatever a server said must not steer the terminal.
std::string text(const document& x) {
  if (!x.is_string()) return "?";
  auto out = x.get<std::string>();
  std::replace_if(
    out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return out;
}

std::string text(const document& from, std::initializer_list<const char*> path) {
  return text(at(from, path));
}

std::string count(double x) {
  std::array<char, 32> out{};
  if (x >= 1e6) {
    std::snprintf(out.data(), out.size(), "%.1fM", x / 1e6);
  } else if (x >= 1e4) {
    std::snprintf(out.data(), out.size(), "%.1fk", x / 1e3);
  } else {
    std::snprintf(out.data(), out.size(), "%.0f", x);
  }
  return out.data();
}

std::string cut(std::string x, std::size_t columns) {
  if (x.size() <= columns) return x;
  while (columns > 0 && (static_cast<unsigned char>(x[columns]) & 0xC0U) == 0x80U) --columns;
  x.resize(columns);
  return x;
}

/// Lines with columns as wide as their widest cell; numbers to the right where `right` says so.
std::vector<std::string> aligned(const std::vector<row>& rows, const std::vector<bool>& right) {
  std::vector<std::size_t> widths;
  for (const auto& r : rows)
    for (std::size_t i = 0; i < r.size(); ++i) {
      if (i == widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], r[i].size());
    }
  std::vector<std::string> out;
  for (const auto& r : rows) {
    std::string line;
    for (std::size_t i = 0; i < r.size(); ++i) {
      const auto pad = std::string(widths[i] - r[i].size(), ' ');
      line += (i < right.size() && right[i] ? pad + r[i] : r[i] + pad) + (i + 1 < r.size() ? "  " : "");
    }
    while (line.ends_with(' ')) line.pop_back();
    out.push_back(std::move(line));
  }
  return out;
}

std::string headline(const document& s) {
  std::string writer = "nobody";
  int readers = 0;
  const auto pools = at(s, {"pools"});
  for (const auto& p : pools) {
    if (yes(p, {"serves", "writes"}) && writer == "nobody") writer = text(p, {"name"});
    readers += yes(p, {"serves", "reads"}) ? 1 : 0;
  }
  return "writes: " + writer + "   reads: " + std::to_string(readers) + " of " + std::to_string(pools.size())
         + " pools   up " + short_time(number(s, {"uptime_seconds"})) + "   tripool " + text(s, {"version"});
}

row pool_row(const document& p) {
  const auto time_or_dash = [&](const char* which, const char* q) {
    return number(p, {"figures", which, "count"}) > 0 ? short_time(number(p, {"figures", which, q})) : std::string{"-"};
  };
  const std::string serves =
    std::string{yes(p, {"serves", "reads"}) ? "r" : "-"} + (yes(p, {"serves", "writes"}) ? "w" : "-");
  return {text(p, {"name"}),
          text(p, {"health", "state"}),
          text(p, {"server", "role"}),
          serves,
          count(number(p, {"figures", "connections", "open"})) + "/"
            + count(number(p, {"figures", "limits", "connections_max"})),
          count(number(p, {"figures", "connections", "busy"})),
          count(number(p, {"figures", "queued"})),
          time_or_dash("wait_seconds", "p99"),
          time_or_dash("service_seconds", "p50"),
          time_or_dash("service_seconds", "p99"),
          count(number(p, {"figures", "answered", "done"})),
          at(p, {"health", "heartbeat_age_seconds"}).is_null()
            ? "-"
            : short_time(number(p, {"health", "heartbeat_age_seconds"}))};
}

const row pool_heads{"pool", "health", "role", "rw", "open", "busy", "queue", "wait99", "p50", "p99", "done", "heard"};
const std::vector<bool> pool_right{false, false, false, false, true, true, true, true, true, true, true, true};

std::vector<std::string> pool_lines(const document& s) {
  std::vector<row> rows{pool_heads};
  for (const auto& p : at(s, {"pools"})) rows.push_back(pool_row(p));
  return aligned(rows, pool_right);
}

std::string answers_line(const document& s, const document& before, double interval) {
  const auto rate = [&](const char* which) {
    const auto x = number(s, {"delegate", "answers", which});
    if (!before.is_object()) return std::string{"-"};
    return count(std::max(0.0, x - number(before, {"delegate", "answers", which})) / std::max(interval, 0.001));
  };
  std::string out = "answers";
  for (const auto* which : {"done", "rejected", "not_executed", "in_doubt"}) {
    out += std::string{"   "} + which + " " + count(number(s, {"delegate", "answers", which}));
    if (before.is_object()) out += " (" + rate(which) + "/s)";
  }
  return out;
}

std::string clock_of(const std::string& when) {
  return when.size() > 19 ? when.substr(11, 8) : when;
}

std::string event_line(const document& e) {
  const auto clock = clock_of(text(e, {"last_time"}));
  auto severity = text(e, {"severity"});
  if (severity == "warning") severity = "warn";
  severity.resize(5, ' ');
  std::string out = clock + " " + severity + " " + text(e, {"kind"});
  const auto pool = text(e, {"pool"});
  if (!pool.empty()) out += " " + pool;
  const auto request = number(e, {"request"});
  if (request > 0) out += " request " + std::to_string(static_cast<std::uint64_t>(request));
  const auto state = text(e, {"sqlstate"});
  if (!state.empty()) out += " " + state;
  out += ": " + text(e, {"text"});
  const auto times = number(e, {"count"});
  if (times > 1) out += " (" + count(times) + " times since " + clock_of(text(e, {"time"})) + ")";
  return out;
}

std::vector<std::string> connection_lines(const document& p) {
  std::vector<row> rows{{"id", "process", "state", "age", "hand", "prep", "runs"}};
  for (const auto& c : at(p, {"sessions"})) {
    auto runs = text(c, {"statement"});
    if (at(c, {"lent"}).is_object())
      runs = "lent as " + text(c, {"lent", "as"}) + " to " + text(c, {"lent", "to"}) + " for "
             + short_time(number(c, {"lent", "seconds"}));
    else if (!runs.empty())
      runs = short_time(number(c, {"statement_age_seconds"})) + " " + runs;
    rows.push_back({count(number(c, {"id"})), std::to_string(static_cast<int>(number(c, {"backend_pid"}))),
                    text(c, {"state"}), short_time(number(c, {"age_seconds"})), count(number(c, {"outstanding"})),
                    count(number(c, {"prepared"})), std::move(runs)});
  }
  return aligned(rows, {true, true, false, true, true, true, false});
}

std::string coloured(const std::string& line) {
  const auto has = [&](const char* word) { return line.find(word) != std::string::npos; };
  if (has("unhealthy") || has(" error ") || has("nobody")) return "\x1b[31m" + line + "\x1b[0m";
  if (has("degraded") || has("recovering") || has(" warn ")) return "\x1b[33m" + line + "\x1b[0m";
  if (has(" healthy ")) return "\x1b[32m" + line + "\x1b[0m";
  return line;
}

} // namespace

std::string short_time(double s) {
  std::array<char, 32> out{};
  if (s <= 0) return "0";
  if (s < 0.001) {
    std::snprintf(out.data(), out.size(), "%.0fus", s * 1e6);
  } else if (s < 1) {
    std::snprintf(out.data(), out.size(), s < 0.01 ? "%.1fms" : "%.0fms", s * 1e3);
  } else if (s < 60) {
    std::snprintf(out.data(), out.size(), s < 10 ? "%.1fs" : "%.0fs", s);
  } else if (s < 3600) {
    std::snprintf(out.data(), out.size(), "%.0fmin", std::floor(s / 60));
  } else {
    std::snprintf(out.data(), out.size(), s < 172800 ? "%.0fh" : "%.0fd", std::floor(s / (s < 172800 ? 3600 : 86400)));
  }
  return out.data();
}

std::optional<std::vector<std::string>> status_table(std::string_view status_json) {
  const auto s = parse(status_json);
  if (!s || !at(*s, {"pools"}).is_array()) return std::nullopt;
  std::vector<std::string> out{headline(*s), ""};
  for (auto& line : pool_lines(*s)) out.push_back(std::move(line));
  out.emplace_back();
  out.push_back(answers_line(*s, nullptr, 1));
  out.push_back("moved " + count(number(*s, {"monitor", "moved"})) + "   parked now "
                + count(number(*s, {"monitor", "parked"})) + "   doubts settled "
                + count(number(*s, {"delegate", "doubts_settled"})));
  for (const auto& p : at(*s, {"pools"}))
    if (text(p, {"health", "state"}) != "healthy" || !yes(p, {"serves", "reads"}))
      out.push_back(text(p, {"name"}) + ": " + text(p, {"reason"}));
  return out;
}

std::optional<std::vector<std::string>> top_screen(std::string_view now, std::string_view before,
                                                   std::string_view events_json, const screen_choice& how,
                                                   std::size_t columns, std::size_t rows) {
  const auto s = parse(now);
  if (!s || !at(*s, {"pools"}).is_array()) return std::nullopt;
  const auto old = parse(before);
  std::vector<std::string> out{headline(*s), answers_line(*s, old ? *old : document(nullptr), how.interval), ""};
  for (auto& line : pool_lines(*s)) out.push_back(std::move(line));
  out.emplace_back();
  const auto pools = at(*s, {"pools"});
  if (how.connections && how.pool < pools.size()) {
    out.push_back("connections of " + text(pools[how.pool], {"name"}) + ", " + text(pools[how.pool], {"reason"}));
    for (auto& line : connection_lines(pools[how.pool])) out.push_back(std::move(line));
  } else {
    out.emplace_back("events, the newest first");
    auto lines = event_lines(events_json);
    std::reverse(lines.begin(), lines.end());
    for (auto& line : lines) out.push_back(std::move(line));
  }
  const std::string last = std::string{how.paused ? "PAUSED   " : ""}
                           + "q quit  p pause  e events  c connections  1-9 pool  +/- interval "
                           + short_time(how.interval);
  if (rows > 0 && out.size() > rows - 1) out.resize(rows - 1);
  while (out.size() + 1 < rows) out.emplace_back();
  out.push_back(last);
  for (auto& line : out) {
    line = cut(std::move(line), columns);
    if (how.colours) line = coloured(line);
  }
  return out;
}

std::vector<std::string> event_lines(std::string_view events_json) {
  std::vector<std::string> out;
  const auto x = parse(events_json);
  if (!x) return out;
  for (const auto& e : at(*x, {"events"})) out.push_back(event_line(e));
  return out;
}

std::vector<std::string> event_json_lines(std::string_view events_json) {
  std::vector<std::string> out;
  const auto x = parse(events_json);
  if (!x) return out;
  for (const auto& e : at(*x, {"events"})) out.push_back(e.dump(-1, ' ', false, document::error_handler_t::replace));
  return out;
}

std::vector<std::string> story_lines(std::string_view story_json) {
  std::vector<std::string> out;
  const auto x = parse(story_json);
  if (!x) return out;
  for (const auto& m : at(*x, {"moves"}))
    out.push_back(text(m, {"time"}) + " moved from " + text(m, {"from"}) + " to " + text(m, {"to"}) + " after "
                  + count(number(m, {"attempts"})) + " attempts: " + text(m, {"cause"}) + " " + text(m, {"message"})
                  + "; no harm, by " + text(m, {"proof"}));
  for (const auto& e : at(*x, {"events"})) out.push_back(event_line(e));
  for (const auto& a : at(*x, {"answers"}))
    out.push_back(text(a, {"time"}) + " answered " + text(a, {"outcome"}) + " (" + text(a, {"cause"}) + ") by "
                  + text(a, {"pool"}) + " after " + short_time(number(a, {"spent_seconds"})) + ": "
                  + text(a, {"message"}) + " - " + text(a, {"hint"}));
  if (out.empty()) out.emplace_back("nothing is remembered of this request: it was done at once, or is too long ago");
  return out;
}

} // namespace tripool::service
