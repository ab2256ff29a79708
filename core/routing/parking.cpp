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

void parking::line::add(entry x) {
  if (!mutated(mutation::no_parking_expiry) && (!first || x.until < *first)) first = x.until;
  all.push_back(std::move(x));
}

template <class Which>
std::vector<parking::entry> parking::line::take(Which which) {
  std::vector<entry> out;
  std::vector<entry> staying;
  for (auto& x : all) (which(x) ? out : staying).push_back(std::move(x));
  all.clear();
  first.reset();
  for (auto& x : staying) add(std::move(x));
  return out;
}

parking::parking(std::size_t size_max, duration wait_max) : size_max_(size_max), wait_max_(wait_max) {}

std::optional<moved_request> parking::add(moved_request x, const routing_table& t, time_point now) {
  assert(x.what && !x.what->answered());
  const auto until = std::min(x.what->deadline() - move_margin, now + wait_max_);
  entry e{std::move(x), now, until};
  if (waiting_.all.size() >= size_max_ && !mutated(mutation::unbounded_parking)) {
    auto out = verdict(std::move(e), t, now);
    out.why.message += "; " + std::to_string(size_max_) + " requests wait for a server already (parked-max)";
    return out;
  }
  if (until <= now) return verdict(std::move(e), t, now);
  waiting_.add(std::move(e));
  return {};
}

std::uint64_t parking::hand_in(std::vector<moved_request> all, time_point now) {
  ++tickets_;
  if (closed_) return tickets_;
  for (auto& x : all) {
    const auto until = x.what->deadline() - move_margin;
    handed_.add({std::move(x), now, until, tickets_});
  }
  return tickets_;
}

std::vector<moved_request> parking::take_handed(std::uint64_t ticket) {
  std::vector<moved_request> out;
  if (handed_.all.empty()) return out;
  for (auto& x : handed_.take([&](const entry& e) { return e.ticket <= ticket; })) out.push_back(std::move(x.what));
  return out;
}

std::vector<moved_request> parking::shed_handed(std::uint64_t ticket, const routing_table& t, time_point now) {
  std::vector<moved_request> out;
  if (!overfull()) return out;
  std::size_t place = 0;
  for (auto& x : handed_.take([&](const entry& e) { return place++ >= size_max_ && e.ticket <= ticket; })) {
    out.push_back(verdict(std::move(x), t, now));
    out.back().why.message += "; the monitor, which finds them a place, has left " + std::to_string(size_max_)
                              + " requests before it (parked-max)";
  }
  return out;
}

bool parking::overfull() const noexcept {
  return handed_.all.size() > size_max_ && !mutated(mutation::unbounded_parking);
}

std::vector<moved_request> parking::take_routable(const std::function<bool(const request&)>& routable) {
  std::vector<moved_request> out;
  for (auto& x : waiting_.take([&](const entry& e) { return routable(*e.what.what); }))
    out.push_back(std::move(x.what));
  return out;
}

void parking::expire(line& from, const routing_table& t, time_point now, duration late,
                     std::vector<moved_request>& out) const {
  if (!from.first || now < *from.first + late) return;
  for (auto& x : from.take([&](const entry& e) { return e.until + late <= now; }))
    out.push_back(verdict(std::move(x), t, now));
}

std::vector<moved_request> parking::expire(const routing_table& t, time_point now) {
  std::vector<moved_request> out;
  expire(waiting_, t, now, duration{0}, out);
  return out;
}

std::vector<moved_request> parking::expire_left(const routing_table& t, time_point now, duration late) {
  std::vector<moved_request> out;
  for (auto* from : {&handed_, &waiting_}) expire(*from, t, now, late, out);
  return out;
}

std::vector<moved_request> parking::take_all() {
  std::vector<moved_request> out;
  for (auto* from : {&handed_, &waiting_})
    for (auto& x : std::exchange(*from, {}).all) out.push_back(std::move(x.what));
  return out;
}

void parking::close() {
  closed_ = true;
  take_all();
}

std::optional<time_point> parking::next_left(duration late) const noexcept {
  auto out = waiting_.first;
  if (handed_.first && (!out || *handed_.first < *out)) out = handed_.first;
  return out ? std::optional{*out + late} : std::nullopt;
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
