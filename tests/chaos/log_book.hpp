// Tripool's own log, kept in memory in its most talkative form: for what must never stand in it.
// Knows no scenario. Used by the stage.
#pragma once

#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <cstddef>
#include <memory>
#include <sstream>
#include <string>

namespace tripool::chaos {

/// The book. Must outlive whoever writes.
class log_book {
public:
  /// A log that writes here.
  std::shared_ptr<spdlog::logger> make() {
    auto out = std::make_shared<spdlog::logger>("tripool", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_));
    out->set_level(spdlog::level::trace);
    return out;
  }

  /// What was written; to be asked when nobody writes any more.
  std::string text() const { return text_.str(); }

private:
  std::ostringstream text_;
};

/// How often `what` stands in `text`.
inline std::size_t occurrences(const std::string& text, const std::string& what) {
  std::size_t out = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) ++out;
  return out;
}

} // namespace tripool::chaos
