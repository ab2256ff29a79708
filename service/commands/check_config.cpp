// The command `check-config`, and reading a configuration for the others.
#include "service/app/standard_streams.hpp"
#include "service/commands/commands.hpp"

#include <cstdio>
#include <utility>

namespace tripool::service {

std::optional<loaded_config> load_or_complain(const std::string& file) {
  auto loaded = load_file(file);
  if (const auto* errors = std::get_if<std::vector<config_error>>(&loaded)) {
    for (const auto& e : *errors) std::fprintf(stderr, "tripool: %s\n", to_string(e).c_str());
    return std::nullopt;
  }
  auto out = std::move(std::get<loaded_config>(loaded));
  for (const auto& w : out.warnings) std::fprintf(stderr, "tripool: warning: %s\n", w.c_str());
  return out;
}

int check_config(const std::string& file) {
  const auto loaded = load_or_complain(file);
  if (!loaded) return 2;
  const auto count = loaded->options.pools.size();
  std::printf("%s: valid, %zu %s\n", file.c_str(), count, count == 1 ? "pool" : "pools");
  for (const auto& p : loaded->options.pools) {
    std::printf("  %-10s %s:%u/%s as %s, %zu to %zu connections\n", p.name.c_str(),
                p.target.host.empty() ? "(default host)" : p.target.host.c_str(), static_cast<unsigned>(p.target.port),
                p.target.dbname.empty() ? "(default)" : p.target.dbname.c_str(),
                p.target.user.empty() ? "(default user)" : p.target.user.c_str(), p.connections_min, p.connections_max);
  }
  return finish_output(0);
}

} // namespace tripool::service
