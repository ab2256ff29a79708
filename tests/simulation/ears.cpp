// Hearing, and judging what was heard.
// Used by the simulation through ears.hpp. Knows the messages of listening.
#include "tests/simulation/ears.hpp"

#include "tripool/actors/protocol_listen.hpp"

#include <algorithm>

namespace tripool::test {

namespace {

using entry = ear_log::entry;

class ear_actor final : public caf::event_based_actor {
public:
  ear_actor(caf::actor_config& cfg, stage& s, caf::actor delegate, std::shared_ptr<ear_log> to)
    : caf::event_based_actor(cfg), s_(s), delegate_(std::move(delegate)), to_(std::move(to)) {}
  const char* name() const override { return "test.ear"; }

private:
  void note(entry::kind what, std::string payload = {}) { to_->all.push_back({what, s_.world.now(), payload}); }

  void subscribe() {
    request(delegate_, caf::infinite, tripool::subscribe{{"a", "b"}, std::chrono::seconds{5}, {}})
      .then([this](const subscribed&) { note(entry::kind::subscribed); },
            [this](const caf::error&) { caf::anon_send(this, poison_msg{}); });
  }

  caf::behavior make_behavior() override {
    return {
      [this](poison_msg) { subscribe(); },
      [this](const notification& x) { note(entry::kind::heard, x.payload); },
      [this](const notification_gap& x) { note(x.over ? entry::kind::over : entry::kind::gap); },
    };
  }

  stage& s_;
  caf::actor delegate_;
  std::shared_ptr<ear_log> to_;
};

} // namespace

ears::ears(stage& s) : s_(s) {
  for (std::size_t i = 0; i < s_.plan.ears; ++i) {
    auto log = std::make_shared<ear_log>();
    all_.push_back({s_.world.spawn<ear_actor>(s_, s_.world.delegate, log), log, false});
  }
}

ears::~ears() {
  end();
}

void ears::end() {
  for (auto& x : all_) caf::anon_send_exit(x.who, caf::exit_reason::kill);
}

void ears::subscribe() {
  for (auto& x : all_) {
    if (x.asked) continue;
    x.asked = true;
    s_.note("a subscriber comes");
    caf::anon_send(x.who, poison_msg{});
  }
}

void ears::look_at_the_end() {
  for (const auto& d : s_.book.all()) {
    if (!d->what.starts_with("notify ")) continue;
    const auto payload = d->what.substr(7);
    for (const auto* channel : {"a", "b"}) {
      const auto at = s_.book.committed_at("notify " + std::string{channel} + ' ' + payload, s_.leader);
      if (!at) continue;
      for (const auto& x : all_) look_at(*x.log, payload, *at);
    }
  }
}

/// Committed on the server that takes writes in the end: heard once, or a gap was told later, or nobody listened yet.
void ears::look_at(const ear_log& log, const std::string& payload, time_point at) {
  const auto is = [](entry::kind what) { return [what](const entry& x) { return x.what == what; }; };
  const auto first = std::find_if(log.all.begin(), log.all.end(), is(entry::kind::subscribed));
  if (first == log.all.end() || first->at >= at) return;
  const auto heard = [&](const entry& x) { return x.what == entry::kind::heard && x.payload == payload; };
  const auto times = std::count_if(log.all.begin(), log.all.end(), heard);
  const bool gap_told = std::any_of(first, log.all.end(), [&](const entry& x) {
    return x.at >= at && (x.what == entry::kind::gap || x.what == entry::kind::over);
  });
  const auto here = "notification " + payload + ": a subscriber ";
  if (times > 1) s_.complain(here + "heard it " + std::to_string(times) + " times");
  if (times == 0 && !gap_told) s_.complain(here + "did not hear it, nor of a gap");
}

} // namespace tripool::test
