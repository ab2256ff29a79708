// Putting together what different actors say about one pool.
#include "service/inspect/observation.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace tripool::service {

namespace {

pool_view& view_of(std::vector<pool_view>& all, const std::string& name) {
  const auto i = std::ranges::find(all, name, &pool_view::name);
  if (i != all.end()) return *i;
  return all.emplace_back(pool_view{name, nullptr, nullptr, nullptr});
}

} // namespace

std::vector<pool_view> pools_of(const service_status& x) {
  std::vector<pool_view> out;
  if (x.monitor.table)
    for (const auto& r : x.monitor.table->routes) view_of(out, r.name).route = &r;
  for (const auto& m : x.monitor.pools) view_of(out, m.health.pool).monitored = &m;
  for (const auto& p : x.pools) view_of(out, p.stats.name).pool = &p;
  return out;
}

std::string iso_time(std::chrono::system_clock::time_point x) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(x);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(x - whole).count();
  const auto seconds_since_1970 = std::chrono::system_clock::to_time_t(whole);
  std::tm parts{};
  gmtime_r(&seconds_since_1970, &parts);
  std::array<char, 40> day{};
  const auto n = std::strftime(day.data(), day.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 16> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%03dZ", static_cast<int>(ms));
  return std::string{day.data(), n} + fraction.data();
}

} // namespace tripool::service
