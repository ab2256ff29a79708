// Deadlines as statement_timeout.
#include "tripool/core/pipeline/server_timeout.hpp"

#include <algorithm>

namespace tripool {

using std::chrono::milliseconds;

duration server_timeout(duration allowed) noexcept {
  const auto less = allowed - std::min<duration>(milliseconds{50}, allowed / 10);
  return std::max(std::chrono::floor<milliseconds>(less), milliseconds{1});
}

void fill_session_timeouts(options& x) {
  for (auto& pool : x.pools) {
    const auto sets_its_own = [](const auto& option) {
      return option.first == "options" && option.second.find("statement_timeout") != std::string::npos;
    };
    const auto& own = pool.target.options;
    const bool wanted =
      pool.server_statement_timeout && pool.prepared_statements && std::none_of(own.begin(), own.end(), sets_its_own);
    pool.target.statement_timeout = wanted ? server_timeout(x.requests.deadline) : duration{0};
  }
}

std::string set_timeout_text(duration x, bool local) {
  const auto ms = std::chrono::duration_cast<milliseconds>(x).count();
  return (local ? "SET LOCAL statement_timeout = " : "SET statement_timeout = ") + std::to_string(ms);
}

bool is_statement_timeout(const server_message& e, duration ran, duration limit) noexcept {
  if (e.sqlstate != "57014" || limit <= duration::zero()) return false;
  // The server's clock and ours are not the same, and its timer starts a moment later.
  return ran >= limit - limit / 100 || e.message.find("statement timeout") != std::string::npos;
}

} // namespace tripool
