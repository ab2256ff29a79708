// Taking calls back: by their key, and with their caller.
#include "tripool/actors/remote/remote_delegate.hpp"

#include <caf/send.hpp>

#include <vector>

namespace tripool {

bool remote_delegate::cancel(const caf::actor_addr& caller, std::uint64_t key) {
  for (const auto& [id, p] : calls_) {
    if (p.cancel_key == 0 || p.cancel_key != key || p.caller != caller) continue;
    take_back(id);
    return true;
  }
  return false;
}

void remote_delegate::cancel_all_of(const caf::actor_addr& caller) {
  std::vector<call_id> all;
  for (const auto& [id, p] : calls_)
    if (p.with_caller && p.caller == caller) all.push_back(id);
  for (const auto id : all) take_back(id);
}

/// What no node has is answered here; whoever has it is told.
void remote_delegate::take_back(call_id id) {
  machine_.withdraw(id, effects_);
  for (const auto& link : links_)
    if (link.guest) send(link.guest, remote_envelope{envelope_kind::cancel, id, 0, {}, {}});
}

} // namespace tripool
