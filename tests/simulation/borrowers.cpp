// What borrowers do with their sessions.
// Used by the simulation through borrowers.hpp. Knows the messages of leases, transactions and streams.
#include "tests/simulation/borrowers.hpp"

#include <utility>

namespace tripool::test {

namespace {

std::vector<result> nothing() {
  return {};
}

std::vector<result> only(result& x) {
  return {std::move(x)};
}

} // namespace

borrowers::~borrowers() {
  for (auto& x : all_) caf::anon_send_exit(x.who, caf::exit_reason::kill);
}

void borrowers::act() {
  if (all_.size() < s_.plan.borrowers_max && s_.chance(20)) return come();
  if (all_.empty()) return;
  auto i = all_.begin();
  std::advance(i, static_cast<std::ptrdiff_t>(s_.pick(all_.size())));
  go_on(i);
}

void borrowers::end() {
  while (!all_.empty()) leave(all_.begin());
}

void borrowers::come() {
  auto& x = all_.emplace_back();
  x.who = s_.world.spawn<borrower_actor>();
  const auto limit = timeout();
  const auto hold = s_.chance(30) ? s_.ms(200, 5000) : std::chrono::milliseconds{0};
  switch (s_.pick(4)) {
    case 0: {
      x.what = kind::lease;
      acquire what;
      what.timeout = limit;
      what.hold_max = hold;
      return order<lease_handle>(x, what, "a lease", limit);
    }
    case 1: {
      x.what = kind::stream;
      open_stream what;
      what.what.text = "select k" + std::to_string(s_.pick(s_.keys + 1));
      what.what.mode = access::read;
      what.what.timeout = limit;
      what.hold_max = hold;
      return order<stream_handle>(x, what, "a stream", limit);
    }
    default: {
      begin what;
      what.timeout = limit;
      what.hold_max = hold;
      order<transaction_handle>(x, what, "a transaction", limit);
      deed d;
      d.what = "transaction";
      d.commit_asked = false;
      x.whole = s_.book.open(std::move(d), {});
      x.whole->orphan = true; // Until its COMMIT, which is what owes an answer.
    }
  }
}

template <class Handle, class Order>
void borrowers::order(borrower& x, Order what, std::string name, std::chrono::milliseconds timeout) {
  deed d;
  d.what = "borrow " + name;
  d.mode = access::read; // It writes nothing.
  x.order = s_.book.open(std::move(d), timeout);
  x.handle = std::make_shared<session_handle>();
  s_.note(x.order->what);
  ask_as<Handle>(s_, x.who, s_.world.delegate, std::move(what), x.order, [to = x.handle](Handle& h) {
    *to = h;
    return nothing();
  });
}

void borrowers::go_on(place i) {
  if (s_.chance(8)) return leave(i);
  auto& x = *i;
  if (x.order->answers == 0) return;
  const bool over = !x.handle->to || (x.ending && x.asked.back()->answers > 0);
  if (over) return leave(i);
  if (x.ending) return;
  switch (x.what) {
    case kind::transaction: return go_on_with_transaction(x);
    case kind::lease: return go_on_with_lease(x);
    case kind::stream: return go_on_with_stream(x);
  }
}

/// Dies, or goes in peace: the handle goes either way.
void borrowers::leave(place i) {
  auto& x = *i;
  s_.note("a borrower is gone");
  x.order->orphan = true;
  for (const auto& d : x.asked) d->orphan = true;
  if (x.whole) x.whole->orphan = true;
  caf::anon_send_exit(x.who, caf::exit_reason::kill);
  *x.handle = {};
  all_.erase(i);
}

template <class Answer, class Message>
deed_ptr borrowers::tell(borrower& x, Message m, std::string name, std::chrono::milliseconds timeout) {
  deed d;
  d.what = std::move(name);
  d.mode = access::read; // What it writes is judged apart.
  auto out = s_.book.open(std::move(d), timeout);
  s_.note(out->what);
  x.asked.push_back(out);
  if constexpr (std::is_same_v<Answer, result>) {
    ask_as<result>(s_, x.who, x.handle->to, std::move(m), out, only);
  } else {
    ask_as<Answer>(s_, x.who, x.handle->to, std::move(m), out, nothing);
  }
  return out;
}

void borrowers::run(borrower& x, const std::string& text, bool write) {
  statement m;
  m.text = text;
  m.mode = write ? access::write : access::read;
  m.timeout = timeout();
  const auto limit = m.timeout;
  tell<result>(x, std::move(m), (x.what == kind::lease ? "in a lease: " : "in a transaction: ") + text, limit);
}

void borrowers::go_on_with_transaction(borrower& x) {
  const auto n = s_.pick(100);
  if (n < 45) {
    const auto text = "insert " + s_.next_key() + " v";
    s_.book.add(x.whole, text);
    if (x.has_savepoint) x.since_savepoint.push_back(text);
    return run(x, text, true);
  }
  if (n < 60) return run(x, "select k" + std::to_string(s_.pick(s_.keys + 1)), false);
  if (n < 70) return set_savepoint(x);
  if (n < 90) return commit_of(x);
  tell<void>(x, rollback{timeout()}, "rollback", std::chrono::seconds{4});
  x.ending = true;
}

/// Sets one, or rolls back to it: what was written since may then never be committed.
void borrowers::set_savepoint(borrower& x) {
  if (!std::exchange(x.has_savepoint, true)) {
    tell<void>(x, savepoint{"s"}, "savepoint", {});
    return;
  }
  auto undone = std::exchange(x.since_savepoint, {});
  for (const auto& text : undone) std::erase(x.whole->texts, text);
  const auto d = tell<void>(x, rollback_to{"s"}, "rollback to the savepoint", {});
  d->then = [this, undone](deed& y) {
    if (!y.done) return;
    for (const auto& text : undone) s_.book.forbid(text);
  };
}

/// The whole is told what the COMMIT is told.
void borrowers::commit_of(borrower& x) {
  x.ending = true;
  x.whole->commit_asked = true;
  const auto limit = timeout();
  s_.book.owe(x.whole, limit);
  s_.note("commit");
  x.asked.push_back(x.whole);
  ask_as<result>(s_, x.who, x.handle->to, tripool::commit{limit}, x.whole, only);
}

void borrowers::go_on_with_lease(borrower& x) {
  const auto n = s_.pick(100);
  if (n < 50) {
    deed d;
    d.what = "insert " + s_.next_key() + " v";
    d.texts = {d.what};
    statement m;
    m.text = d.what;
    m.timeout = timeout();
    auto out = s_.book.open(std::move(d), m.timeout);
    s_.note("in a lease: " + out->what);
    x.asked.push_back(out);
    ask_as<result>(s_, x.who, x.handle->to, std::move(m), out, only);
  } else if (n < 75) {
    run(x, "select k" + std::to_string(s_.pick(s_.keys + 1)), false);
  } else {
    tell<void>(x, release{}, "release", {});
    x.ending = true;
  }
}

void borrowers::go_on_with_stream(borrower& x) {
  if (!x.asked.empty() && x.asked.back()->answers == 0) return; // One at a time.
  if (s_.chance(70)) {
    const auto limit = timeout();
    deed d;
    d.what = "fetch";
    d.mode = access::read;
    auto out = s_.book.open(std::move(d), limit);
    s_.note(out->what);
    x.asked.push_back(out);
    ask_as<rows_chunk>(s_, x.who, x.handle->to, fetch{10, limit}, out,
                       [](rows_chunk& c) { return std::vector<result>{std::move(c.rows)}; });
  } else {
    tell<void>(x, close_stream{}, "close the stream", {});
    x.ending = true;
  }
}

} // namespace tripool::test
