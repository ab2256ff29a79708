// Counting rows.
#include "service/demo/audit.hpp"

#include "tripool/actors/error.hpp"

#include <caf/scoped_actor.hpp>

#include <algorithm>
#include <limits>
#include <optional>
#include <unordered_map>
#include <utility>

namespace tripool::demo {

namespace {

constexpr std::int64_t page = 20'000; ///< Keys in one question.
constexpr std::size_t examples_max = 5;

/// Sends one statement and waits for its answer.
std::variant<result, std::string> ask(caf::scoped_actor& self, const instance& db, statement what) {
  std::variant<result, std::string> out;
  what.timeout = std::chrono::seconds{10};
  self->request(db.delegate(), caf::infinite, std::move(what))
    .receive([&](const result& x) { out = x; }, [&](const caf::error& e) { out = to_string(failure_of(e)); });
  return out;
}

void judge_one(const stored_request& asked, const found_order& found, verdict& v) {
  const std::int64_t lines = asked.kind == request_kind::batch ? 1 : 0;
  const bool there = found.orders > 0 || found.lines > 0;
  const bool twice = found.orders > 1 || found.lines > lines;
  const bool torn = there && !twice && (found.orders != 1 || found.lines != lines);
  const auto before = v.lost + v.duplicates + v.phantoms + v.torn + v.unanswered;
  if (twice) ++v.duplicates;
  if (torn) ++v.torn;
  if (!asked.end) {
    ++v.unanswered;
  } else if (*asked.end == outcome::done) {
    ++v.acknowledged;
    if (!there) ++v.lost;
  } else if (*asked.end == outcome::in_doubt) {
    ++(there ? v.doubtful_applied : v.doubtful_void);
  } else {
    ++v.refused;
    if (there) ++v.phantoms;
  }
  const auto after = v.lost + v.duplicates + v.phantoms + v.torn + v.unanswered;
  if (after != before && v.examples.size() < examples_max) v.examples.push_back(asked.key);
}

} // namespace

verdict judge(std::span<const stored_request> asked, std::span<const found_order> found) {
  std::unordered_map<std::int64_t, found_order> by_key;
  for (const auto& x : found) by_key.emplace(x.key, x);
  verdict v;
  for (const auto& x : asked) {
    const auto at = by_key.find(x.key);
    judge_one(x, at == by_key.end() ? found_order{x.key} : at->second, v);
    if (at != by_key.end()) by_key.erase(at);
  }
  v.strangers = by_key.size();
  for (const auto& [key, x] : by_key)
    if (v.examples.size() < examples_max) v.examples.push_back(key);
  return v;
}

std::variant<inventory, std::string> take_inventory(caf::actor_system& sys, const instance& db, std::int64_t last) {
  caf::scoped_actor self{sys};
  inventory out;
  // The last question has no end: it finds rows that nobody asked for, too.
  for (auto first = first_key; first <= last + 1; first += page) {
    const auto end = first + page > last ? std::numeric_limits<std::int64_t>::max() : first + page - 1;
    auto answer = ask(self, db, find_orders(first, end));
    if (auto* problem = std::get_if<std::string>(&answer)) return std::move(*problem);
    auto rows = read_found(std::get<result>(answer));
    if (!rows) return std::string{"the answer to the question for all orders cannot be read"};
    out.orders.insert(out.orders.end(), rows->begin(), rows->end());
    if (end == std::numeric_limits<std::int64_t>::max()) break;
  }
  auto answer = ask(self, db, compare_sales());
  if (auto* problem = std::get_if<std::string>(&answer)) return std::move(*problem);
  const auto sales = read_sales(std::get<result>(answer));
  if (!sales) return std::string{"the answer to the question for all sales cannot be read"};
  out.sales_disagreeing = sales->disagreeing;
  out.port = sales->port;
  return out;
}

} // namespace tripool::demo
