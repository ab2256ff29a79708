// The waiting room: a vector in the order of arrival; small enough to be searched in a line.
#include "tripool/core/routing/parking.hpp"

#include "tripool/core/health/health_text.hpp"
#include "tripool/core/retry/retry_policy.hpp"
#include "tripool/core/util/mutation.hpp"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

namespace tripool {

namespace {

/// "tried primary (connection_lost), backup (connection_failed)", or that nothing was. `last`: what the request brought
/// along from the pool that it comes from, which is written into its history only when it moves on.
std::string history(const request& r, const failure& last) {
  std::string out;
  const auto add = [&out](std::string_view pool, cause why) {
    out.append(out.empty() ? "tried " : ", ").append(pool).append(" (").append(to_string(why)).append(")");
  };
  for (const auto& x : r.moves) add(x.from, x.why);
  if (last.why != cause::none && !last.pool.empty()) add(last.pool, last.why);
  return out.empty() ? "no pool could be tried" : out;
}

} // namespace

parking::parking(std::size_t size_max, duration wait_max) : size_max_(size_max), wait_max_(wait_max) {}

std::optional<moved_request> parking::add(moved_request x, const routing_table& t, time_point now) {
  assert(x.what && !x.what->answered());
  const auto until = std::min(x.what->deadline() - move_margin, now + wait_max_);
  entry e{std::move(x), now, until};
  if (waiting_.size() >= size_max_ && !mutated(mutation::unbounded_parking)) {
    auto out = verdict(std::move(e), t, now);
    out.why.message += "; " + std::to_string(size_max_) + " requests wait for a server already (parked-max)";
    return out;
  }
  if (until <= now) return verdict(std::move(e), t, now);
  keep(std::move(e));
  return {};
}

void parking::keep(entry x) {
  if (!mutated(mutation::no_parking_expiry) && (!first_ || x.until < *first_)) first_ = x.until;
  waiting_.push_back(std::move(x));
}

/// Returns, and forgets, those that `which` accepts, in their order.
template <class Which>
std::vector<parking::entry> parking::take(Which which) {
  std::vector<entry> out;
  first_.reset();
  for (auto& x : std::exchange(waiting_, {})) {
    if (which(x)) {
      out.push_back(std::move(x));
    } else {
      keep(std::move(x));
    }
  }
  return out;
}

std::vector<moved_request> parking::take_routable(const std::function<bool(const request&)>& routable) {
  std::vector<moved_request> out;
  for (auto& x : take([&](const entry& e) { return routable(*e.what.what); })) out.push_back(std::move(x.what));
  return out;
}

std::vector<moved_request> parking::expire(const routing_table& t, time_point now, duration late) {
  std::vector<moved_request> out;
  if (!first_ || now < *first_ + late) return out;
  for (auto& x : take([&](const entry& e) { return e.until + late <= now; }))
    out.push_back(verdict(std::move(x), t, now));
  return out;
}

std::vector<moved_request> parking::take_all() {
  return take_routable([](const request&) { return true; });
}

/// Writes the failure for a request that found no server in time: what was wanted, what was tried, how the pools are,
/// and what can be done. An answer that was lost on the way here stays in doubt.
moved_request parking::verdict(entry x, const routing_table& t, time_point now) const {
  const auto& r = *x.what.what;
  const bool read = r.mode() == access::read;
  failure f;
  f.kind = x.what.why.kind == outcome::in_doubt ? outcome::in_doubt : outcome::not_executed;
  f.why = cause::no_server;
  f.sqlstate = x.what.why.sqlstate;
  f.pool = x.what.why.pool;
  f.server = x.what.why.server;
  const bool named = !r.wanted_pool().empty();
  f.message = named ? "the pool " + r.wanted_pool() + " cannot serve a " : "no server can serve a ";
  f.message += read ? "read" : "write";
  f.message += "; waited " + for_people(now - x.since) + ", " + history(r, x.what.why);
  if (!x.what.why.message.empty()) f.message += "; last: " + x.what.why.message;
  f.detail = explain(t, r.mode(), now);
  f.hint = read ? "see why the pools are out; send it again when one is back"
                : "see whether a primary is up, or promote a standby; Tripool finds it by itself; then send it again";
  x.what.why = settle(r, std::move(f));
  return std::move(x.what);
}

} // namespace tripool
