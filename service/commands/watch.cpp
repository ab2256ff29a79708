// The commands that ask a running service over HTTP: status, top, events and control.
#include "service/app/signals.hpp"
#include "service/app/standard_streams.hpp"
#include "service/app/terminal.hpp"
#include "service/commands/operate.hpp"
#include "service/http/http_client.hpp"
#include "service/inspect/status_text.hpp"
#include "service/json/reader.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace tripool::service {

namespace {

int complain(const std::string& what, int code = 1) {
  std::fprintf(stderr, "tripool: %s\n", what.c_str());
  return code;
}

/// What went wrong, for people: the endpoint's own words where it has some.
std::string problem_of(const http_reply& x, const http_client& from) {
  if (x.status == 0) return x.body + "\nIs the service running with `serve --http`, and is --at right?";
  auto read = json::read(x.body);
  if (const auto* v = std::get_if<json::value>(&read)) {
    if (const auto* o = v->get_if<json::object>()) {
      std::string out;
      for (const auto* key : {"error", "refused", "hint"})
        if (const auto* m = json::find(*o, key))
          if (const auto* t = m->get_if<std::string>()) out += (out.empty() ? "" : "; ") + *t;
      if (!out.empty()) return out;
    }
  }
  return from.url() + " answered " + std::to_string(x.status);
}

void print(const std::vector<std::string>& lines) {
  for (const auto& line : lines) std::printf("%s\n", line.c_str());
}

std::string query_text(const std::string& pool, std::size_t limit, std::uint64_t after) {
  std::string out = "/events?limit=" + std::to_string(limit) + "&after=" + std::to_string(after);
  if (pool.empty()) return out;
  out += "&pool=";
  for (const char c : pool) { // Names of pools are words; whatever else is asked for is escaped.
    std::array<char, 4> hex{};
    std::snprintf(hex.data(), hex.size(), "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += hex.data();
  }
  return out;
}

/// How far the events of a service have been shown.
struct events_place {
  std::uint64_t serial = 0; ///< To go on from.
  std::string began;        ///< When that service did: serials of another one say nothing about it.
};

events_place place_of(const std::string& events, const events_place& before) {
  auto read = json::read(events);
  const auto* v = std::get_if<json::value>(&read);
  const auto* o = v != nullptr ? v->get_if<json::object>() : nullptr;
  if (o == nullptr) return before;
  auto out = before;
  const auto* serial = json::find(*o, "last_serial");
  const auto* n = serial != nullptr ? serial->get_if<std::int64_t>() : nullptr;
  if (n != nullptr && *n >= 0) out.serial = static_cast<std::uint64_t>(*n);
  const auto* began = json::find(*o, "began");
  if (const auto* t = began != nullptr ? began->get_if<std::string>() : nullptr) out.began = *t;
  return out;
}

bool another_service(const events_place& before, const events_place& now) {
  return now.began != before.began || now.serial < before.serial;
}

/// What a key does to the screen. Returns false when it ends it.
bool press(char key, screen_choice& how) {
  if (key == 'q' || key == 3) return false;
  if (key == 'p') how.paused = !how.paused;
  if (key == 'e') how.connections = false;
  if (key == 'c') how.connections = true;
  if (key == '+') how.interval = std::min(how.interval * 2, 60.0);
  if (key == '-') how.interval = std::max(how.interval / 2, 0.25);
  if (key >= '1' && key <= '9') {
    how.pool = static_cast<std::size_t>(key - '1');
    how.connections = true;
  }
  return true;
}

void draw(const std::vector<std::string>& lines) {
  std::string out = "\x1b[H";
  for (std::size_t i = 0; i < lines.size(); ++i) out += lines[i] + "\x1b[K" + (i + 1 < lines.size() ? "\r\n" : "");
  out += "\x1b[J";
  std::fwrite(out.data(), 1, out.size(), stdout);
  std::fflush(stdout);
}

} // namespace

int show_status(const endpoint_options& where, bool json) {
  std::string problem;
  const auto from = http_client::make(where.at, where.token_file, problem);
  if (!from) return complain(problem, 2);
  const auto x = from->get("/status");
  if (!x.ok()) return complain(problem_of(x, *from));
  if (json) {
    std::fputs(x.body.c_str(), stdout);
    return finish_output(0);
  }
  const auto lines = status_table(x.body);
  if (!lines) return complain(from->url() + " answered what is no status");
  print(*lines);
  return finish_output(0);
}

int show_top(const endpoint_options& where, bool once) {
  std::string problem;
  const auto from = http_client::make(where.at, where.token_file, problem);
  if (!from) return complain(problem, 2);
  screen_choice how;
  auto now = from->get("/status");
  if (!now.ok()) return complain(problem_of(now, *from));
  if (once || isatty(STDOUT_FILENO) == 0) {
    const auto lines = top_screen(now.body, {}, from->get("/events?limit=20").body, how, 80, 24);
    if (!lines) return complain(from->url() + " answered what is no status");
    print(*lines);
    return finish_output(0);
  }
  signal_watch signals;
  raw_terminal terminal;
  how.colours = true;
  std::string before;
  std::string events = from->get("/events?limit=50").body;
  for (bool fresh = true;;) {
    const auto [columns, rows] = terminal.size();
    if (!now.ok()) {
      draw({"", "  " + problem_of(now, *from), "", "  asking again; q ends"});
    } else if (const auto lines = top_screen(now.body, before, events, how, columns, rows)) {
      draw(*lines);
    }
    const auto wait = std::chrono::milliseconds{static_cast<int>(how.interval * 1000)};
    const auto key = terminal.wait_for_key(wait, signals.fd());
    if (signals.pending() || (key && !press(*key, how))) return 0;
    fresh = !key && !how.paused;
    if (!fresh) continue;
    if (now.ok()) before = now.body;
    now = from->get("/status");
    events = from->get("/events?limit=50").body;
  }
}

int show_events(const endpoint_options& where, const events_choice& which) {
  std::string problem;
  const auto from = http_client::make(where.at, where.token_file, problem);
  if (!from) return complain(problem, 2);
  if (which.request != 0) {
    const auto story = from->get("/request?id=" + std::to_string(which.request));
    if (!story.ok()) return complain(problem_of(story, *from));
    if (which.json) {
      std::fputs(story.body.c_str(), stdout);
    } else {
      print(story_lines(story.body));
    }
    return finish_output(0);
  }
  signal_watch signals;
  events_place place;
  for (bool first = true;; first = false) {
    auto x = from->get(query_text(which.pool, first ? which.limit : 1000, place.serial));
    if (!x.ok() && first) return complain(problem_of(x, *from));
    // A service that was started anew counts anew.
    if (x.ok() && !first && another_service(place, place_of(x.body, place))) {
      x = from->get(query_text(which.pool, 1000, 0));
      if (x.ok()) complain("the service was started anew: its events from their beginning");
    }
    if (x.ok()) {
      print(which.json ? event_json_lines(x.body) : event_lines(x.body));
      place = place_of(x.body, place);
    }
    if (std::fflush(stdout) != 0) return finish_output(0);
    if (!which.follow || signals.wait(std::chrono::milliseconds{500})) return finish_output(0);
  }
}

int give_order(const endpoint_options& where, const std::string& name, const std::string& json) {
  std::string problem;
  const auto to = http_client::make(where.at, where.token_file, problem);
  if (!to) return complain(problem, 2);
  const auto x = to->post("/control/" + name, json);
  if (!x.ok()) return complain(problem_of(x, *to));
  auto read = json::read(x.body);
  const auto* v = std::get_if<json::value>(&read);
  const auto* o = v != nullptr ? v->get_if<json::object>() : nullptr;
  const auto* m = o != nullptr ? json::find(*o, "done") : nullptr;
  const auto* t = m != nullptr ? m->get_if<std::string>() : nullptr;
  std::printf("%s\n", t != nullptr ? t->c_str() : x.body.c_str());
  return finish_output(0);
}

} // namespace tripool::service
