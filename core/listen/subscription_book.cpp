// Keeping the book of subscriptions.
#include "tripool/core/listen/subscription_book.hpp"
#include "tripool/core/util/mutation.hpp"

#include "tripool/core/listen/channel.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>

namespace tripool {

namespace {

failure refusal(std::string sqlstate, std::string message, std::string hint) {
  failure out;
  out.kind = outcome::rejected;
  out.why = cause::invalid_request;
  out.sqlstate = std::move(sqlstate);
  out.message = std::move(message);
  out.hint = std::move(hint);
  return out;
}

failure taken_back() {
  failure out;
  out.why = cause::cancelled;
  out.message = "the subscription was ended before it had begun";
  return out;
}

void sort_unique(std::vector<std::string>& x) {
  std::sort(x.begin(), x.end());
  x.erase(std::unique(x.begin(), x.end()), x.end());
}

} // namespace

std::optional<failure> subscription_book::objection(subscriber_id who, std::span<const std::string> channels) const {
  if (channels.empty()) return refusal("22023", "no channel is named", "name at least one channel to subscribe to");
  std::size_t new_channels = 0;
  std::size_t new_parts = 0;
  for (const auto& x : channels) {
    if (auto problem = check_channel(x)) return problem;
    if (!channels_.contains(x)) ++new_channels;
    if (!has(who, x)) ++new_parts;
  }
  const auto over = [](std::size_t have, std::size_t more, std::size_t most) { return more > 0 && have + more > most; };
  if (over(channels_.size(), new_channels, limits_.channels_max))
    return refusal("54000",
                   "with " + std::to_string(new_channels) + " more there would be more channels than the "
                     + std::to_string(limits_.channels_max) + " that may be listened to",
                   "raise channels-max of listening (for a proxy: remote_limits), or use fewer channels and tell "
                   "events apart by their payload");
  if (over(subscriptions_, new_parts, limits_.subscriptions_max))
    return refusal(
      "54000",
      "with " + std::to_string(new_parts) + " more there would be more subscriptions than the "
        + std::to_string(limits_.subscriptions_max) + " that there may be",
      "raise subscriptions-max of listening (for a proxy: remote_limits), or end subscriptions that nobody needs");
  if (requests_.size() < limits_.subscriptions_max) return std::nullopt;
  failure full;
  full.why = cause::queue_full;
  full.message = std::to_string(requests_.size()) + " requests for subscriptions wait for an answer already";
  full.hint = "send it again in a moment";
  return full;
}

void subscription_book::subscribe(subscription_request r, subscriber_id who, std::vector<std::string> channels,
                                  time_point deadline) {
  sort_unique(channels);
  if (auto problem = objection(who, channels)) {
    refuse(r, std::move(*problem));
    return forget_if_idle(who);
  }
  for (const auto& x : channels) add(who, x);
  const auto i = requests_.emplace(r, request{who, std::move(channels), deadline}).first;
  deadlines_.emplace(deadline, r);
  if (all_listening(i->second)) answer(i);
}

expected<std::vector<std::string>, failure> subscription_book::unsubscribe(subscriber_id who,
                                                                           std::vector<std::string> channels) {
  const auto mine = subscribers_.find(who);
  if (channels.empty() && mine != subscribers_.end()) channels.assign(mine->second.begin(), mine->second.end());
  sort_unique(channels);
  for (const auto& x : channels) {
    if (has(who, x)) continue;
    forget_if_idle(who);
    return unexpected{refusal("42704", "the actor does not subscribe to channel \"" + x + "\"",
                              "each actor ends its own subscriptions; names are compared byte by byte")};
  }
  const channel_set gone{channels.begin(), channels.end()};
  drop_requests(who, &gone, taken_back());
  for (const auto& x : channels)
    if (has(who, x)) remove(who, x); // A request that was dropped may have taken it away already.
  forget_if_idle(who);
  return channels;
}

void subscription_book::ended(subscriber_id who) {
  failure why;
  why.why = cause::cancelled;
  why.message = "the subscriber has ended";
  drop_requests(who, nullptr, why);
  if (const auto mine = subscribers_.find(who); mine != subscribers_.end()) {
    const auto all = mine->second;
    for (const auto& x : all) remove(who, x);
  }
  forget_if_idle(who);
}

void subscription_book::listening(std::uint64_t generation, time_point now) {
  problem_.clear();
  problem_sqlstate_.clear();
  std::map<subscriber_id, gap_effect> over;
  for (auto& [name, c] : channels_) {
    if (c.listening || c.since > generation) continue;
    c.listening = true;
    const auto from = std::exchange(c.gap_from, std::nullopt);
    if (!from) continue;
    for (const auto& p : c.parts) {
      if (!p.promised) continue;
      auto& e = over[p.who];
      e.channels.push_back(name);
      e.lasted = std::max(e.lasted, duration{now - *from});
    }
  }
  if (mutated(mutation::no_gap_message)) over.clear();
  for (auto& [who, e] : over) {
    e.subscriber = who;
    e.over = true;
    e.why = "listening again";
    effects_.emplace_back(std::move(e));
  }
  for (auto i = requests_.begin(); i != requests_.end();) {
    const auto here = i++;
    if (all_listening(here->second)) answer(here);
  }
}

void subscription_book::not_listening(const std::string& why, const std::string& sqlstate, duration silent,
                                      time_point now) {
  trouble(why, sqlstate);
  std::map<subscriber_id, gap_effect> begun;
  bool any = false;
  for (auto& [name, c] : channels_) {
    if (!std::exchange(c.listening, false)) continue;
    any = true;
    c.gap_from = now - silent;
    for (const auto& p : c.parts)
      if (p.promised) begun[p.who].channels.push_back(name);
  }
  if (any) ++gaps_;
  if (mutated(mutation::no_gap_message)) return;
  for (auto& [who, e] : begun) {
    e.subscriber = who;
    e.why = why;
    e.lasted = silent;
    effects_.emplace_back(std::move(e));
  }
}

void subscription_book::refuse_waiting(const channel_set& channels, const failure& why) {
  std::set<subscriber_id> whose;
  for (const auto& [_, r] : requests_) whose.insert(r.who);
  for (const auto who : whose) {
    drop_requests(who, &channels, why);
    forget_if_idle(who);
  }
}

void subscription_book::trouble(const std::string& why, const std::string& sqlstate) {
  problem_ = why;
  problem_sqlstate_ = sqlstate;
}

void subscription_book::tick(time_point now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto i = requests_.find(deadlines_.begin()->second);
    failure f;
    f.why = cause::deadline;
    f.message = "the deadline passed before the server listened";
    f.detail = problem_;
    f.sqlstate = problem_sqlstate_;
    f.hint = "the listener needs a server that takes writes; its status tells what it does";
    auto r = std::move(i->second);
    refuse(i->first, std::move(f));
    deadlines_.erase(deadlines_.begin());
    requests_.erase(i);
    remove_unless_promised(r);
    forget_if_idle(r.who);
  }
}

void subscription_book::close(const failure& why, time_point now) {
  not_listening(why.message, why.sqlstate, duration::zero(), now);
  while (!requests_.empty()) {
    refuse(requests_.begin()->first, why);
    requests_.erase(requests_.begin());
  }
  deadlines_.clear();
  channels_.clear();
  for (const auto& [who, all] : subscribers_) effects_.emplace_back(forget_effect{who});
  subscribers_.clear();
  subscriptions_ = 0;
  changed();
}

void subscription_book::collect(std::string_view channel, std::vector<subscriber_id>& out) const {
  const auto c = channels_.find(channel);
  if (c == channels_.end()) return;
  for (const auto& p : c->second.parts)
    if (p.promised) out.push_back(p.who);
}

std::optional<time_point> subscription_book::next_wake() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

std::shared_ptr<const channel_set> subscription_book::wanted() const {
  if (!wanted_) {
    auto all = std::make_shared<channel_set>();
    for (const auto& [name, c] : channels_) all->insert(all->end(), name);
    wanted_ = std::move(all);
  }
  return wanted_;
}

bool subscription_book::has(subscriber_id who, std::string_view name) const {
  const auto i = subscribers_.find(who);
  return i != subscribers_.end() && i->second.contains(name);
}

subscription_book::part* subscription_book::find_part(entry& c, subscriber_id who) {
  const auto i = std::find_if(c.parts.begin(), c.parts.end(), [&](const part& p) { return p.who == who; });
  return i == c.parts.end() ? nullptr : &*i;
}

void subscription_book::add(subscriber_id who, const std::string& name) {
  if (!subscribers_[who].insert(name).second) return;
  ++subscriptions_;
  const auto [i, fresh] = channels_.try_emplace(name);
  if (fresh) {
    changed();
    i->second.since = generation_;
  }
  i->second.parts.push_back({who, false});
}

void subscription_book::remove(subscriber_id who, const std::string& name) {
  const auto mine = subscribers_.find(who);
  assert(mine != subscribers_.end());
  mine->second.erase(name);
  if (mine->second.empty()) subscribers_.erase(mine);
  --subscriptions_;
  const auto c = channels_.find(name);
  auto& parts = c->second.parts;
  parts.erase(std::find_if(parts.begin(), parts.end(), [&](const part& p) { return p.who == who; }));
  if (!parts.empty()) return;
  channels_.erase(c);
  changed();
}

/// Takes back what a refused request had asked for, but for what was promised before or another request asks for, too.
void subscription_book::remove_unless_promised(const request& r) {
  for (const auto& x : r.channels) {
    if (!has(r.who, x)) continue;
    const auto* p = find_part(channels_.find(x)->second, r.who);
    if (!p->promised && !asked_for(r.who, x)) remove(r.who, x);
  }
}

bool subscription_book::asked_for(subscriber_id who, std::string_view name) const {
  return std::any_of(requests_.begin(), requests_.end(), [&](const auto& x) {
    const auto& r = x.second;
    return r.who == who && std::binary_search(r.channels.begin(), r.channels.end(), name, std::less<>{});
  });
}

bool subscription_book::all_listening(const request& r) const {
  return std::all_of(r.channels.begin(), r.channels.end(),
                     [&](const auto& x) { return channels_.find(x)->second.listening; });
}

void subscription_book::answer(requests_map::iterator i) {
  auto& r = i->second;
  for (const auto& x : r.channels) find_part(channels_.find(x)->second, r.who)->promised = true;
  effects_.emplace_back(subscribed_effect{i->first, std::move(r.channels)});
  deadlines_.erase({r.deadline, i->first});
  requests_.erase(i);
}

void subscription_book::refuse(subscription_request r, failure why) {
  effects_.emplace_back(refused_effect{r, std::move(why)});
}

/// Refuses the requests of a subscriber; with `only`, those that ask for one of these channels.
void subscription_book::drop_requests(subscriber_id who, const channel_set* only, const failure& why) {
  for (auto i = requests_.begin(); i != requests_.end();) {
    const auto here = i++;
    if (here->second.who != who) continue;
    const auto hit = [&](const std::string& x) { return only->contains(x); };
    if (only && std::none_of(here->second.channels.begin(), here->second.channels.end(), hit)) continue;
    auto r = std::move(here->second);
    refuse(here->first, why);
    deadlines_.erase({r.deadline, here->first});
    requests_.erase(here);
    remove_unless_promised(r);
  }
}

void subscription_book::changed() {
  ++generation_;
  wanted_.reset();
}

void subscription_book::forget_if_idle(subscriber_id who) {
  if (!subscribers_.contains(who)) effects_.emplace_back(forget_effect{who});
}

} // namespace tripool
