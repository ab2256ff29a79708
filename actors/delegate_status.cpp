// The delegate's snapshots: its own, and those of everybody beneath it.
#include "tripool/actors/delegate.hpp"
#include "tripool/actors/gather.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace tripool {

delegate_status delegate::status() const {
  auto out = counts_;
  out.subscriptions = desk_.status();
  out.doubts = events_.doubts();
  out.settled = events_.settled();
  out.fallback = fallback_.status();
  out.answers = env_->record->counts();
  return out;
}

void delegate::answer_service_status(caf::response_promise to) {
  struct parts {
    service_status all;
    std::vector<credential_status> simple_credentials;
    int missing = 6;
  };
  auto p = std::make_shared<parts>();
  p->all.delegate = status();
  if (loop()) p->all.loop = loop()->stats();
  const auto part_done = [p, to] {
    if (--p->missing > 0) return;
    auto& known = p->all.carrier.credentials;
    known.insert(known.end(), p->simple_credentials.begin(), p->simple_credentials.end());
    auto promise = to;
    promise.deliver(std::move(p->all));
  };
  const auto only = [](const caf::actor& x) { return x ? std::vector<caf::actor>{x} : std::vector<caf::actor>{}; };
  gather<manager_status>(*this, only(manager_), get_status{}, [p, part_done](std::vector<manager_status> x) {
    if (!x.empty()) p->all.manager = std::move(x.front());
    part_done();
  });
  gather<monitor_status>(*this, only(who_.monitor), get_status{}, [p, part_done](std::vector<monitor_status> x) {
    if (!x.empty()) p->all.monitor = std::move(x.front());
    part_done();
  });
  gather<carrier_status>(*this, only(who_.carrier), get_status{}, [p, part_done](std::vector<carrier_status> x) {
    if (!x.empty()) p->all.carrier = std::move(x.front());
    part_done();
  });
  gather<listener_status>(*this, only(who_.listener), get_status{}, [p, part_done](std::vector<listener_status> x) {
    if (!x.empty()) p->all.listener = std::move(x.front());
    part_done();
  });
  gather<carrier_status>(*this, only(fallback_.simple().carrier), get_status{},
                         [p, part_done](std::vector<carrier_status> x) {
                           for (auto& from : x)
                             for (auto& c : from.credentials) p->simple_credentials.push_back(std::move(c));
                           part_done();
                         });
  std::vector<caf::actor> pools;
  for (const auto& x : who_.pools)
    if (x) pools.push_back(x);
  if (const auto& x = fallback_.simple().pool) pools.push_back(x);
  gather<pool_status>(*this, pools, get_status{}, [p, part_done](std::vector<pool_status> x) {
    p->all.pools = std::move(x);
    part_done();
  });
}

} // namespace tripool
