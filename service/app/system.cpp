// The executable's actor system and log.
#include "service/app/system.hpp"

#include "service/app/log.hpp"
#include "tripool/actors/error.hpp"

#include <caf/atom.hpp>

namespace tripool::service {

system_config::system_config() {
  set("scheduler.policy", caf::atom("sharing"));
  set("scheduler.max-threads", std::size_t{2});
  add_error_category(caf::atom("tripool"), render_error);
}

std::shared_ptr<spdlog::logger> make_log(const std::string& level, bool json) {
  return make_service_log(level, json).log;
}

} // namespace tripool::service
