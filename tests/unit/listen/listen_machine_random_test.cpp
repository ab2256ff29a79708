// The listener's session under random histories, against a server that really listens.
#include "tests/support/catch.hpp"

#include "tripool/core/listen/listen_machine.hpp"
#include "tripool/core/util/random.hpp"

#include <array>
#include <map>
#include <optional>
#include <utility>

using namespace tripool;
using namespace std::chrono_literals;

namespace {

using phase = listen_machine::phase;

/// A machine, its server, and the promises that bind them.
class history {
public:
  explicit history(std::uint64_t seed) : random_(seed) {}

  void step() {
    switch (random_.next() % 9) {
      case 0: return want();
      case 1: return route({any(3), any(3), any(3)});
      case 2: return open();
      case 3:
        if (machine_.state() == phase::idle) return;
        machine_.ended("lost", {}, now_, random_.next());
        return advance();
      case 8: replacing_ = machine_.replaced("another secret", now_); return advance();
      case 4: now_ += duration{random_.next() % 40'000'000'000}; return advance();
      default: return answer();
    }
  }

  /// All goes well for a while: a server takes writes, dials succeed, orders are answered.
  void settle() {
    route({false, true, false});
    for (int i = 0; i < 20; ++i) {
      const auto next = machine_.next_wake();
      if (machine_.state() == phase::idle && next && *next > now_) now_ = *next;
      advance();
      open();
      answer();
    }
    const auto& wanted = sets_.at(generation_);
    if (wanted.empty()) return;
    CHECK(machine_.state() == phase::open);
    CHECK(server_ == wanted);
    CHECK(confirmed_ == generation_);
  }

private:
  bool any(std::uint64_t of) { return random_.next() % of == 0; }

  void want() {
    channel_set all;
    for (const char* x : {"a", "b", "c", "d"})
      if (any(2)) all.insert(x);
    sets_[++generation_] = all;
    if (any(4)) take_up();
    machine_.want(generation_, std::make_shared<const channel_set>(std::move(all)), term_);
    advance();
  }

  void take_up() {
    ++term_;
    asked_ = false;
    confirmed_ = 0;
  }

  void route(std::array<bool, 3> writable) {
    writable_ = writable;
    routing_table table;
    for (std::size_t i = 0; i < writable.size(); ++i) {
      pool_route r;
      r.index = i;
      r.usable_for_writes = writable[i];
      r.state = health_state::healthy;
      table.routes.push_back(r);
    }
    machine_.route(table, now_);
    advance();
  }

  void open() {
    if (machine_.state() != phase::dialling) return;
    session_ = true;
    machine_.opened(now_);
    advance();
  }

  void answer() {
    if (!wire_) return;
    for (const auto& s : wire_->statements) {
      const auto name = s.substr(s.find('"') + 1, 1);
      if (s.starts_with("LISTEN")) server_.insert(name);
      if (s.starts_with("UNLISTEN")) server_.erase(name);
    }
    const auto serial = std::exchange(wire_, std::nullopt)->serial;
    machine_.answered(serial, nullptr, now_, random_.next());
    advance();
  }

  void advance() {
    for (auto& e : machine_.advance(now_, random_.next())) std::visit([this](auto& x) { note(x); }, e);
  }
  void note(const dial_session_effect& x) {
    CHECK_FALSE(session_);
    CHECK(writable_[x.pool]);
  }
  void note(const drop_session_effect&) { gone(); }
  void note(const not_listening_effect&) {
    gone();
    session_ = std::exchange(replacing_, false); // The other one is open already.
  }
  void note(listen_order_effect& x) {
    CHECK(session_);
    CHECK_FALSE(wire_);
    asked_ = asked_ || !x.statements.front().starts_with("select");
    wire_ = std::move(x);
  }
  void note(const listening_effect& x) {
    CHECK(x.generation > confirmed_);
    CHECK(x.term == term_);
    CHECK((asked_ || server_.empty()));
    confirmed_ = x.generation;
    for (const auto& name : sets_.at(x.generation)) CHECK(server_.contains(name));
  }
  void gone() {
    session_ = false;
    server_.clear();
    wire_.reset();
    confirmed_ = 0;
  }

  splitmix64 random_;
  listen_machine machine_{listen_limits{}};
  time_point now_{1h};
  std::map<std::uint64_t, channel_set> sets_{{0, {}}}; ///< By generation.
  std::uint64_t generation_ = 0;
  std::uint64_t term_ = 1;
  bool asked_ = false; ///< The server was asked to listen in this term.
  std::uint64_t confirmed_ = 0;
  std::array<bool, 3> writable_{};
  bool session_ = false;
  bool replacing_ = false; ///< The session has just been replaced by another one.
  channel_set server_;     ///< What the session's server listens to.
  std::optional<listen_order_effect> wire_;
};

} // namespace

TEST_CASE("Whatever happens, what is confirmed is listened to, and once it is over all that is wanted is confirmed") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    history h{seed};
    for (int i = 0; i < 200; ++i) h.step();
    h.settle();
  }
}
