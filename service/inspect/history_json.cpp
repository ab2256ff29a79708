// Columns instead of rows: the page draws one at a time.
#include "service/inspect/history_json.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace tripool::service {

namespace {

using json = nlohmann::ordered_json;

/// Three digits are enough to draw, and half the bytes.
double rounded(double x) {
  if (x == 0 || !std::isfinite(x)) return 0;
  const auto scale = std::pow(10.0, 3 - std::ceil(std::log10(std::abs(x))));
  return std::round(x * scale) / scale;
}

template <class F>
json column(const std::vector<sample>& all, F f) {
  json out = json::array();
  for (const auto& s : all) out.push_back(f(s));
  return out;
}

template <class F>
json pool_column(const std::vector<sample>& all, std::size_t i, F f) {
  return column(all, [&](const sample& s) { return i < s.pools.size() ? json(f(s.pools[i])) : json(nullptr); });
}

} // namespace

std::string history_json(const std::vector<sample>& all, const observation& x) {
  json pools = json::array();
  const auto views = pools_of(x.status);
  for (std::size_t i = 0; i < views.size(); ++i) {
    pools.push_back({{"name", views[i].name},
                     {"health", pool_column(all, i, [](const auto& p) { return p.health; })},
                     {"writes", pool_column(all, i, [](const auto& p) { return p.writes; })},
                     {"answered", pool_column(all, i, [](const auto& p) { return rounded(p.answered); })},
                     {"p50", pool_column(all, i, [](const auto& p) { return rounded(p.p50); })},
                     {"p99", pool_column(all, i, [](const auto& p) { return rounded(p.p99); })},
                     {"outstanding", pool_column(all, i, [](const auto& p) { return p.outstanding; })},
                     {"queued", pool_column(all, i, [](const auto& p) { return p.queued; })},
                     {"open", pool_column(all, i, [](const auto& p) { return p.open; })}});
  }
  const json out{{"time", column(all, [](const auto& s) { return iso_time(s.wall); })},
                 {"done", column(all, [](const auto& s) { return rounded(s.done); })},
                 {"rejected", column(all, [](const auto& s) { return rounded(s.rejected); })},
                 {"not_executed", column(all, [](const auto& s) { return rounded(s.not_executed); })},
                 {"in_doubt", column(all, [](const auto& s) { return rounded(s.in_doubt); })},
                 {"pools", std::move(pools)}};
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace tripool::service
