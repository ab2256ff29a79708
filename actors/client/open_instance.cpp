// Loading and starting.
#include "tripool/actors/client/open_instance.hpp"

#include "tripool/actors/config/load.hpp"

#include <utility>

namespace tripool {

answer<std::unique_ptr<instance>> open_instance(caf::actor_system& sys, const std::string& path) {
  auto loaded = load_file(path);
  if (auto* config = std::get_if<loaded_config>(&loaded)) {
    instance_parts parts;
    parts.passwords = std::move(config->inline_passwords);
    return std::make_unique<instance>(sys, std::move(config->options), std::move(parts));
  }
  failure f;
  f.kind = outcome::rejected;
  f.why = cause::invalid_request;
  for (const auto& problem : std::get<1>(loaded)) f.message += (f.message.empty() ? "" : "\n") + to_string(problem);
  f.hint = "docs/configuration.md lists every key";
  return unexpected{std::move(f)};
}

} // namespace tripool
