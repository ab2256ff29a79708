// Promises of a caller's view of several nodes: answered once, by the deadline, on proof or without harm elsewhere.
#include "tests/support/catch.hpp"
#include "tests/support/properties.hpp"

#include "tripool/core/remote/remote_machine.hpp"

#include <algorithm>
#include <map>
#include <set>

using namespace tripool;
using namespace std::chrono_literals;

namespace {

/// Plays the proxy and its nodes: keeps what was sent where, and what was answered.
struct remote_world {
  time_point t{1h};
  remote_machine m;
  std::map<call_id, std::vector<node_index>> sent;
  std::map<call_id, failure> failed;
  std::vector<node_index> dialled;
  std::vector<node_index> dropped;
  std::size_t pings = 0;
  std::set<node_index> reachable;
  bool answers_pings = true;

  explicit remote_world(std::size_t nodes = 3, remote_limits limits = {}) : m{names(nodes), limits, 11, t} {
    for (node_index i = 0; i < nodes; ++i) reachable.insert(i);
    pass(0s);
  }

  static std::vector<std::string> names(std::size_t n) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < n; ++i) out.push_back("n" + std::to_string(i) + ":1");
    return out;
  }

  void carry_out(std::vector<remote_effect> effects) {
    for (auto& e : effects) {
      std::vector<remote_effect> more;
      if (auto* x = std::get_if<dial_node_effect>(&e)) {
        dialled.push_back(x->node);
        if (reachable.contains(x->node))
          m.welcomed(x->node, t, more);
        else
          m.lost(x->node, "refused", t, more);
      } else if (auto* d = std::get_if<drop_node_effect>(&e)) {
        dropped.push_back(d->node);
      } else if (auto* p = std::get_if<ping_node_effect>(&e)) {
        ++pings;
        if (answers_pings && reachable.contains(p->node)) m.heard(p->node, t);
      } else if (auto* s = std::get_if<send_call_effect>(&e)) {
        sent[s->id].push_back(s->node);
      } else if (auto* f = std::get_if<fail_call_effect>(&e)) {
        REQUIRE_FALSE(failed.contains(f->id));
        failed.emplace(f->id, f->why);
      }
      carry_out(std::move(more));
    }
  }

  void pass(duration x) {
    const auto until = t + x;
    for (;;) {
      std::vector<remote_effect> out;
      m.tick(t, out);
      carry_out(std::move(out));
      const auto next = m.next_wake();
      if (!next || *next > until) break;
      t = std::max(t, *next);
    }
    t = until;
  }

  void submit(call_id id, duration time, bool harmless = false, std::optional<node_index> only = {}) {
    std::vector<remote_effect> out;
    m.submit(id, {t + time, harmless, !harmless, only}, t, out);
    carry_out(std::move(out));
  }
  void cut(node_index i) {
    reachable.erase(i);
    std::vector<remote_effect> out;
    m.lost(i, "the link ended", t, out);
    carry_out(std::move(out));
  }
};

} // namespace

TEST_CASE("remote: calls are spread over the nodes that are up", "[remote]") {
  remote_world w;
  for (call_id id = 1; id <= 300; ++id) w.submit(id, 10s);
  std::map<node_index, int> share;
  for (const auto& [id, where] : w.sent) ++share[where.front()];
  REQUIRE(share.size() == 3);
  for (const auto& [node, n] : share) CHECK(n > 80);
}

TEST_CASE("remote: a write whose link broke after sending is in doubt, a harmless call goes elsewhere", "[remote]") {
  remote_world w;
  w.submit(1, 10s, false);
  w.submit(2, 10s, true);
  const auto first = w.sent.at(1).front();
  const auto second = w.sent.at(2).front();
  w.cut(first);
  if (second != first) w.cut(second);
  REQUIRE(w.failed.contains(1));
  CHECK(w.failed.at(1).kind == outcome::in_doubt);
  CHECK(w.failed.at(1).why == cause::connection_lost);
  CHECK(w.sent.at(1).size() == 1);
  REQUIRE(w.sent.at(2).size() == 2);
  CHECK(w.sent.at(2).back() != second);
  CHECK_FALSE(w.failed.contains(2));
  CHECK(w.m.answered(2, w.sent.at(2).back()));
}

TEST_CASE("remote: with all nodes away a call waits for one, or is answered not executed with every node's reason",
          "[remote]") {
  remote_world w;
  for (node_index i = 0; i < 3; ++i) w.cut(i);
  w.submit(1, 1s);
  w.submit(2, 20s);
  CHECK(w.sent.empty());
  w.pass(1s);
  REQUIRE(w.failed.contains(1));
  CHECK(w.failed.at(1).kind == outcome::not_executed);
  CHECK(w.failed.at(1).proved == proof::never_sent);
  CHECK(w.failed.at(1).why == cause::deadline);
  for (const auto* name : {"n0:1", "n1:1", "n2:1", "refused"})
    CHECK(w.failed.at(1).message.find(name) != std::string::npos);
  w.reachable.insert(2);
  w.pass(10s);
  CHECK(w.sent.at(2) == std::vector<node_index>{2});
}

TEST_CASE("remote: a node that is away is dialled after growing pauses", "[remote]") {
  remote_world w{1};
  w.cut(0);
  w.dialled.clear();
  w.pass(60s);
  CHECK(w.dialled.size() >= 12); // At most 5 s apart, with full jitter.
  CHECK(w.dialled.size() <= 60);
}

TEST_CASE("remote: a node without a sign of life is given up within three seconds", "[remote]") {
  remote_world w{1};
  w.submit(1, 30s, false);
  w.answers_pings = false;
  w.reachable.clear();
  w.pass(3100ms);
  CHECK(w.dropped == std::vector<node_index>{0});
  REQUIRE(w.failed.contains(1));
  CHECK(w.failed.at(1).kind == outcome::in_doubt);
}

TEST_CASE("remote: a node that stays silent to a call costs the caller its deadline and the grace, no more",
          "[remote]") {
  remote_world w{1};
  w.submit(1, 1s);
  w.pass(1s);
  CHECK_FALSE(w.failed.contains(1)); // The node answers by the deadline, and that takes its way.
  w.pass(250ms);
  REQUIRE(w.failed.contains(1));
  CHECK(w.failed.at(1).kind == outcome::in_doubt);
  CHECK(w.failed.at(1).why == cause::deadline);
}

TEST_CASE("remote: what belongs to a session stays with its node, and ends with it", "[remote]") {
  remote_world w;
  for (call_id id = 1; id <= 20; ++id) w.submit(id, 10s, true, 1);
  for (const auto& [id, where] : w.sent) CHECK(where == std::vector<node_index>{1});
  w.cut(1);
  CHECK(w.failed.size() == 20);
  w.submit(21, 10s, true, 1);
  REQUIRE(w.failed.contains(21));
  CHECK(w.failed.at(21).kind == outcome::not_executed);
}

TEST_CASE("remote: a node that turns a call away leaves it to another, at most three in all", "[remote]") {
  remote_world w{5};
  w.submit(1, 10s);
  for (int n = 0; n < 2; ++n) {
    std::vector<remote_effect> out;
    CHECK(w.m.turned_away(1, w.sent.at(1).back(), w.t, out));
    w.carry_out(std::move(out));
  }
  CHECK(w.sent.at(1).size() == 3);
  CHECK(std::set<node_index>(w.sent.at(1).begin(), w.sent.at(1).end()).size() == 3);
  std::vector<remote_effect> out;
  CHECK_FALSE(w.m.turned_away(1, w.sent.at(1).back(), w.t, out));
  CHECK(w.m.calls() == 0);
}

TEST_CASE("remote: too many calls are answered at once", "[remote]") {
  remote_limits limits;
  limits.calls_max = 10;
  remote_world w{1, limits};
  for (call_id id = 1; id <= 11; ++id) w.submit(id, 10s);
  REQUIRE(w.failed.size() == 1);
  CHECK(w.failed.at(11).why == cause::queue_full);
  CHECK(w.failed.at(11).kind == outcome::not_executed);
}

TEST_CASE("remote: whatever happens to the links, every call ends once and by its deadline, and writes go out once",
          "[remote][property]") {
  using step = std::pair<std::uint8_t, std::uint16_t>;
  tripool::test::holds_for_all("every call ends", [](const std::vector<step>& steps) {
    remote_world w;
    call_id last = 0;
    std::set<call_id> answered;
    std::map<call_id, std::pair<time_point, bool>> calls;
    for (const auto& [what, how] : steps) {
      const auto node = static_cast<node_index>(how % 3);
      switch (what % 5) {
        case 0:
        case 1:
          ++last;
          calls[last] = {w.t + std::chrono::milliseconds{1 + how % 4000}, how % 2 == 0};
          w.submit(last, std::chrono::milliseconds{1 + how % 4000}, how % 2 == 0);
          break;
        case 2: w.cut(node); break;
        case 3: w.reachable.insert(node); break;
        default:
          if (last == 0) break;
          const call_id id = 1 + how % last;
          if (w.sent.contains(id) && !w.failed.contains(id) && w.m.answered(id, w.sent.at(id).back()))
            RC_ASSERT(answered.insert(id).second);
      }
      w.pass(std::chrono::milliseconds{how % 700});
      for (const auto& [id, x] : calls)
        if (w.t > x.first + 250ms) RC_ASSERT(w.failed.contains(id) != answered.contains(id));
    }
    w.pass(10s);
    RC_ASSERT(w.m.calls() == 0);
    for (const auto& [id, x] : calls) {
      RC_ASSERT(w.failed.contains(id) != answered.contains(id));
      const auto sends = w.sent.contains(id) ? w.sent.at(id).size() : 0;
      RC_ASSERT(sends <= (x.second ? 3u : 1u));
      if (w.failed.contains(id) && w.failed.at(id).kind == outcome::not_executed && !x.second) RC_ASSERT(sends == 0u);
    }
  });
}
