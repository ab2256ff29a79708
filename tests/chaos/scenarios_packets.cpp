// Packets that nftables drops on their way to the primary and back: all of them, those that open a connection, or some
// by chance. The same faults as the proxy's, made by the kernel's own filter.
// Knows no server's inside. Used by the runner.
#include "tests/chaos/private_network.hpp"
#include "tests/chaos/stage.hpp"

namespace tripool::chaos {

namespace {

void dropped(stage& s) {
  packet_filter f{s.proxy(0).port()};
  f.drop_all();
  s.play(3s);
  f.mend();
  s.record("first write after heal", s.first_write(stage::now()), 1s);
  s.account();
}

void only_new_ones_dropped(stage& s) {
  packet_filter f{s.proxy(0).port()};
  const auto before = s.gone();
  f.drop_new();
  s.play(3s);
  f.mend();
  s.account();
  const auto& a = s.result().account;
  s.record("requests that failed", a.total() - a.of(outcome::done), 0);
  s.record("live connections lost", s.gone() - before, 0);
}

void lossy(stage& s) {
  packet_filter f{s.proxy(0).port()};
  f.drop_some(20);
  std::uint64_t failovers = 0;
  for (int i = 0; i < 25; ++i) {
    s.play(200ms);
    const auto table = s.status().monitor.table;
    if (!table || !table->routes[0].usable_for_writes) ++failovers;
  }
  f.mend();
  s.record("failovers", failovers, 0);
  s.first_write(stage::now());
  s.account();
}

} // namespace

std::vector<scenario> packet_scenarios() {
  return {
    {9, "packets-dropped-nft", false, {}, dropped, need::packet_filter},
    {10, "new-connections-nft", false, {}, only_new_ones_dropped, need::packet_filter},
    {11, "packet-loss-20-nft", false, {}, lossy, need::packet_filter},
  };
}

} // namespace tripool::chaos
