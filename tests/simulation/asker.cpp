// What callers ask.
// Used by the simulation through asker.hpp. Knows the messages to the delegate.
#include "tests/simulation/asker.hpp"

#include "tripool/core/listen/channel.hpp"
#include "tripool/core/statement/statement_list.hpp"

#include <algorithm>

namespace tripool::test {

namespace {

/// Of what is kept to be asked for again.
constexpr std::size_t kept_max = 50;

template <class T>
void keep(std::vector<T>& in, T x) {
  if (in.size() == kept_max) in.erase(in.begin());
  in.push_back(std::move(x));
}

const char* name_of(urgency x) {
  static constexpr const char* names[] = {"low", "normal", "high"};
  return names[static_cast<std::size_t>(x)];
}

std::vector<result> one(result& x) {
  return {std::move(x)};
}

std::vector<result> many(reply& x) {
  return std::move(x.results);
}

} // namespace

asker::asker(stage& s) : s_(s) {
  for (int i = 0; i < 3; ++i) callers_.push_back({s_.world.spawn<borrower_actor>(), {}});
}

asker::~asker() {
  end();
}

void asker::end() {
  for (auto& x : callers_) caf::anon_send_exit(x.who, caf::exit_reason::kill);
}

void asker::ask() {
  const auto n = s_.pick(100);
  if (n < 34) return void(write(timeout()));
  if (n < 54) return void(read("k" + std::to_string(s_.pick(s_.keys + 1)), timeout()));
  if (n < 64) return ask_batch();
  if (n < 72) return ask_with_token();
  if (n < 76) return ask_again();
  if (n < 81) return ask_resolved();
  if (n < 86) return ask_list();
  if (n < 90) return ask_position();
  if (n < 94) return ask_by_position();
  if (n < 97) return notify();
  take_back();
}

deed_ptr asker::send(statement x, deed d) {
  auto& from = any();
  x.priority = d.priority = some_urgency();
  auto out = s_.book.open(std::move(d), x.timeout);
  from.asked.push_back(out);
  s_.note("ask " + out->what + ", " + name_of(x.priority) + ", timeout " + std::to_string(x.timeout.count()) + " ms");
  if (x.cancel_key > 0) keep(cancellable_, {from.who, x.cancel_key});
  ask_as<result>(s_, from.who, s_.world.delegate, std::move(x), out, one);
  return out;
}

deed_ptr asker::send(batch x, deed d) {
  auto& from = any();
  x.priority = d.priority = some_urgency();
  auto out = s_.book.open(std::move(d), x.timeout);
  from.asked.push_back(out);
  s_.note("ask " + out->what + ", " + name_of(x.priority) + ", timeout " + std::to_string(x.timeout.count()) + " ms");
  ask_as<reply>(s_, from.who, s_.world.delegate, std::move(x), out, many);
  return out;
}

urgency asker::some_urgency() {
  const auto n = s_.pick(100);
  return n < 60 ? urgency::normal : n < 80 ? urgency::low : urgency::high;
}

/// A statement of its own key, entered into the deed.
statement asker::insert(deed& d) {
  d.texts.push_back("insert " + s_.next_key() + " v");
  d.what += (d.what.empty() ? "" : "; ") + d.texts.back();
  return s_.worded(d.texts.back());
}

deed_ptr asker::write(std::chrono::milliseconds timeout) {
  deed d;
  auto x = insert(d);
  x.timeout = timeout;
  x.repeatable = d.repeatable = s_.chance(10);
  if (x.repeatable) d.what += ", harmless";
  if (s_.chance(10)) x.cancel_key = ++cancel_keys_;
  x.cancel_with_caller = s_.chance(10);
  return send(std::move(x), std::move(d));
}

deed_ptr asker::read(std::string key, std::chrono::milliseconds timeout) {
  deed d;
  d.what = "select " + std::move(key);
  auto x = s_.worded(d.what);
  x.mode = d.mode = access::read;
  x.timeout = timeout;
  return send(std::move(x), std::move(d));
}

void asker::ask_batch() {
  batch b;
  deed d;
  for (auto left = 2 + s_.pick(3); left > 0; --left) b.statements.push_back(insert(d));
  b.timeout = timeout();
  d.what = "batch " + d.what;
  send(std::move(b), std::move(d));
}

void asker::ask_with_token() {
  batch b;
  deed d;
  for (auto left = 1 + s_.pick(2); left > 0; --left) b.statements.push_back(insert(d));
  b.timeout = timeout();
  b.token = d.token = "t" + std::to_string(s_.keys);
  d.what = "with token " + d.token + " " + d.what;
  d.then = [this](deed& x) {
    if (x.is(outcome::in_doubt)) keep(doubts_, {x.token, x.texts});
  };
  send(std::move(b), std::move(d));
}

/// A write whose answer was lost, with the token that it had.
void asker::ask_again() {
  if (doubts_.empty()) return;
  const auto& [token, texts] = doubts_[static_cast<std::size_t>(s_.pick(doubts_.size()))];
  batch b;
  deed d;
  for (const auto& text : texts) b.statements.push_back(s_.worded(text));
  b.timeout = timeout();
  b.token = d.token = token;
  d.texts = texts;
  d.again = true;
  d.what = "again with token " + token + " " + texts.front();
  send(std::move(b), std::move(d));
}

void asker::ask_resolved() {
  deed d;
  auto x = insert(d);
  x.timeout = timeout();
  x.resolve = true;
  d.what = "resolved " + d.what;
  send(std::move(x), std::move(d));
}

void asker::ask_list() {
  auto& from = any();
  statement_list all;
  std::vector<deed_ptr> deeds;
  for (auto left = 2 + s_.pick(4); left > 0; --left) {
    deed d;
    auto x = insert(d);
    x.timeout = timeout();
    d.what = "of a list: " + d.what;
    deeds.push_back(s_.book.open(std::move(d), x.timeout));
    all.statements.push_back(std::move(x));
  }
  // The list is answered when its last is: each of them has until then.
  time_point last{};
  for (const auto& d : deeds) last = std::max(last, d->deadline);
  for (const auto& d : deeds) {
    d->deadline = last;
    from.asked.push_back(d);
    s_.note("ask " + d->what);
  }
  caf::anon_send(from.who, call_msg{[this, deeds, all, to = s_.world.delegate](caf::event_based_actor& self) {
                   self.request(to, caf::infinite, all)
                     .then(
                       [this, deeds](list_reply& x) {
                         for (std::size_t i = 0; i < deeds.size(); ++i) {
                           auto& end = x.ends.at(i);
                           end ? s_.book.told(*deeds[i], {*end}) : s_.book.told(*deeds[i], end.error());
                         }
                       },
                       [this, deeds](const caf::error& e) {
                         for (const auto& d : deeds) s_.book.told(*d, failure_of(e));
                       });
                 }});
}

/// A write that tells where the log stood after it.
void asker::ask_position() {
  deed d;
  auto x = insert(d);
  x.timeout = timeout();
  x.report_position = true;
  d.what = "with its position " + d.what;
  d.then = [this](deed& y) {
    if (!y.done || y.done->empty()) return;
    if (const auto at = y.done->front().receipt().position) keep(positions_, {sim_parse(y.texts.front()).key, *at});
  };
  send(std::move(x), std::move(d));
}

void asker::ask_by_position() {
  if (positions_.empty()) return;
  const auto& [key, at] = positions_[static_cast<std::size_t>(s_.pick(positions_.size()))];
  deed d;
  d.what = "select " + key;
  auto x = s_.worded(d.what);
  x.mode = d.mode = access::read;
  x.timeout = timeout();
  x.at_least = at;
  d.must_see = key;
  d.what += " at least at " + to_string(at);
  send(std::move(x), std::move(d));
}

void asker::notify() {
  deed d;
  statement x;
  x.text = notify_text;
  const auto payload = "n" + std::to_string(s_.keys++);
  x.parameters = {std::string{s_.chance(50) ? "a" : "b"}, payload};
  x.timeout = timeout();
  d.what = "notify " + payload;
  send(std::move(x), std::move(d));
}

void asker::take_back() {
  if (cancellable_.empty()) return;
  const auto i = static_cast<std::size_t>(s_.pick(cancellable_.size()));
  const auto [who, key] = cancellable_[i];
  cancellable_.erase(cancellable_.begin() + static_cast<std::ptrdiff_t>(i));
  s_.note("take back key " + std::to_string(key));
  caf::anon_send(
    who, call_msg{[key, to = s_.world.delegate](caf::event_based_actor& self) {
      self.request(to, caf::infinite, cancel_request{key}).then([](cancel_reply) {}, [](const caf::error&) {});
    }});
}

std::vector<deed_ptr> asker::burst(std::chrono::milliseconds at_least, std::chrono::milliseconds at_most) {
  const auto& limits = s_.largest;
  std::size_t fit = 2 * limits.monitor.parked_max; // The delegate's waiting room is as large as the monitor's.
  for (const auto& p : limits.pools) fit += p.queue_max + p.connections_max * p.pipeline_depth;
  if (s_.plan.ladder || !s_.plan.resilient)
    fit += 2 * limits.simple.queue_max + limits.simple.connections_max * limits.pools.front().pipeline_depth;
  if (fit > 600) return {}; // Thousands of requests cost more than they show.
  const auto n = fit + 100;
  s_.note("a burst of " + std::to_string(n));
  std::vector<deed_ptr> all;
  while (all.size() < n)
    all.push_back(
      write(s_.ms(static_cast<std::uint64_t>(at_least.count()), static_cast<std::uint64_t>(at_most.count()))));
  s_.world.run();
  // A healthy monitor has opened all by now. One that is stuck is given a moment before anybody believes it.
  if (s_.world.env->handovers->size() > 0) s_.world.advance(2 * monitor_silent_for);
  const auto waits = [](const deed_ptr& x) { return x->answers == 0; };
  const auto waiting = static_cast<std::size_t>(std::count_if(all.begin(), all.end(), waits));
  if (waiting > fit)
    s_.complain(std::to_string(waiting) + " requests of a burst wait, more than the " + std::to_string(fit)
                + " that fit, and nobody is turned away");
  return all;
}

void asker::die() {
  auto& x = any();
  s_.note("death of a caller");
  for (const auto& d : x.asked)
    if (d->answers == 0) d->orphan = true;
  caf::anon_send_exit(x.who, caf::exit_reason::kill);
  x = {s_.world.spawn<borrower_actor>(), {}};
}

} // namespace tripool::test
