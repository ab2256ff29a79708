// The executable's actor system and log.
#include "service/app/system.hpp"

#include "tripool/actors/error.hpp"

#include <caf/atom.hpp>

#include <spdlog/sinks/stdout_sinks.h>

namespace tripool::service {

system_config::system_config() {
  set("scheduler.policy", caf::atom("sharing"));
  set("scheduler.max-threads", std::size_t{2});
  add_error_category(caf::atom("tripool"), render_error);
}

std::shared_ptr<spdlog::logger> make_log(const std::string& level) {
  auto out = std::make_shared<spdlog::logger>("tripool", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  out->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %n %v");
  out->set_level(spdlog::level::from_str(level));
  out->flush_on(spdlog::level::warn);
  return out;
}

} // namespace tripool::service
