// A status, as JSON from /status, as lines for a terminal: the table of `tripool status` and the screens of `tripool
// top`. Pure: text in, lines out; whatever is odd in the JSON becomes "?" and no error. Used by those commands.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tripool::service {

/// What `top` shows beside the figures.
struct screen_choice {
  bool connections = false; ///< Of one pool, instead of the events.
  std::size_t pool = 0;     ///< Its place.
  bool colours = false;     ///< ANSI colours.
  bool paused = false;
  double interval = 1; ///< Seconds between two looks, for the rates' sake and the last line.
};

/// The table, without colours. Nothing: the text is no status.
std::optional<std::vector<std::string>> status_table(std::string_view status_json);

/// One screen of at most `rows` lines of at most `columns` characters. `before`: the status of the look before, or
/// empty. Nothing: `now` is no status.
std::optional<std::vector<std::string>> top_screen(std::string_view now, std::string_view before,
                                                   std::string_view events_json, const screen_choice& how,
                                                   std::size_t columns, std::size_t rows);

/// The events of /events as lines, oldest first.
std::vector<std::string> event_lines(std::string_view events_json);
/// The same, each as one line of JSON.
std::vector<std::string> event_json_lines(std::string_view events_json);
/// The story of /request as lines.
std::vector<std::string> story_lines(std::string_view story_json);

/// "340 us", "12 ms", "3.4 s", "17 min"
std::string short_time(double seconds);

} // namespace tripool::service
