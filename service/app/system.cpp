// The executable's actor system and log.
#include "service/app/system.hpp"

#include "service/inspect/observation.hpp"
#include "service/json/writer.hpp"
#include "tripool/actors/error.hpp"

#include <caf/atom.hpp>

#include <spdlog/details/log_msg.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <string_view>

namespace tripool::service {

namespace {

/// {"time":"...","level":"warning","logger":"tripool","message":"..."}
class json_formatter final : public spdlog::formatter {
public:
  void format(const spdlog::details::log_msg& x, spdlog::memory_buf_t& to) override {
    const auto view = [](const auto& s) { return std::string_view{s.data(), s.size()}; };
    std::string line =
      "{\"time\":\"" + iso_time(std::chrono::time_point_cast<std::chrono::system_clock::duration>(x.time));
    line.append("\",\"level\":\"").append(view(spdlog::level::to_string_view(x.level))).append("\",\"logger\":");
    json::append_text(line, view(x.logger_name));
    line += ",\"message\":";
    json::append_text(line, view(x.payload));
    line += "}\n";
    to.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<json_formatter>(); }
};

} // namespace

system_config::system_config() {
  set("scheduler.policy", caf::atom("sharing"));
  set("scheduler.max-threads", std::size_t{2});
  add_error_category(caf::atom("tripool"), render_error);
}

std::shared_ptr<spdlog::logger> make_log(const std::string& level, bool json) {
  auto out = std::make_shared<spdlog::logger>("tripool", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  if (json) {
    out->set_formatter(std::make_unique<json_formatter>());
  } else {
    out->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %n %v");
  }
  out->set_level(spdlog::level::from_str(level));
  out->flush_on(spdlog::level::warn);
  return out;
}

} // namespace tripool::service
