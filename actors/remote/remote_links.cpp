// The caller's proxy: dialling nodes, their signs of life, and the end of a link.
#include "tripool/actors/remote/remote_delegate.hpp"

#include <caf/actor_cast.hpp>
#include <caf/io/middleman.hpp>
#include <caf/openssl/manager.hpp>
#include <caf/send.hpp>

#include <set>
#include <utility>

namespace tripool {

namespace {

/// A node is told at once when so much was read: it ends callers that seem not to read.
constexpr std::uint64_t read_bytes_told = std::uint64_t{4} << 20U;

} // namespace

void remote_delegate::carry_out(dial_node_effect& x) {
  const auto i = x.node;
  const auto n = ++last_dial_;
  auto known = std::move(links_[i].known);
  links_[i] = node_link{};
  links_[i].dial = n;
  // Where only the guest has ended, the connection is as good as before.
  if (known) return say_hello(i, std::move(known));
  const auto& middleman = how_.tls ? system().openssl_manager().actor_handle() : system().middleman().actor_handle();
  request(middleman, caf::infinite, caf::connect_atom::value, how_.nodes[i].host, how_.nodes[i].port)
    .then(
      [this, i, n](const caf::node_id&, const caf::strong_actor_ptr& who, const std::set<std::string>&) {
        if (links_[i].dial != n) return;
        auto gate = caf::actor_cast<caf::actor>(who);
        if (!gate) return link_lost(i, "nothing is published there");
        say_hello(i, std::move(gate));
      },
      [this, i, n](const caf::error& e) {
        if (links_[i].dial == n) link_lost(i, "could not be reached: " + system().render(e));
      });
}

void remote_delegate::say_hello(node_index i, caf::actor gate) {
  links_[i].gate = std::move(gate);
  monitor(links_[i].gate);
  send(links_[i].gate, remote_envelope{envelope_kind::hello, remote_protocol_version, 0, {}, {}});
}

void remote_delegate::carry_out(drop_node_effect& x) {
  subscribers_.lost(x.node, x.why, now() - machine_.last_heard(x.node));
  watchers_.lost(x.node);
  auto& link = links_[x.node];
  auto known = link.guest ? link.gate : nullptr; // Who gave no welcome is looked for anew.
  if (link.gate) demonitor(link.gate);
  if (link.guest) demonitor(link.guest);
  link = node_link{};
  link.known = std::move(known);
}

void remote_delegate::carry_out(ping_node_effect& x) {
  auto& link = links_[x.node];
  if (link.guest) tell_read(link);
}

/// A ping, which says how much was read.
void remote_delegate::tell_read(node_link& link) {
  send(link.guest, remote_envelope{envelope_kind::ping, std::exchange(link.read_bytes, 0), 0, {}, {}});
}

std::optional<node_index> remote_delegate::node_of(const caf::actor_addr& who) const {
  if (!who) return std::nullopt;
  for (node_index i = 0; i < links_.size(); ++i)
    if ((links_[i].gate && links_[i].gate.address() == who) || (links_[i].guest && links_[i].guest.address() == who))
      return i;
  return std::nullopt;
}

/// What cannot be read has been missed: the link ends, so that those who would have heard it are told of the gap.
template <class Message, class Use>
void remote_delegate::read(node_index from, expected<Message, failure> x, Use use) {
  if (x) return use(*x);
  link_lost(from, "it sends what cannot be read: " + x.error().message);
}

void remote_delegate::take(remote_envelope& x) {
  const auto from = node_of(caf::actor_cast<caf::actor_addr>(current_sender()));
  if (!from) return; // Of a link that was given up, or of a stranger.
  auto& link = links_[*from];
  machine_.heard(*from, now());
  if (x.kind != envelope_kind::welcome) link.read_bytes += unread_size(x);
  if (link.guest && link.read_bytes >= read_bytes_told) tell_read(link);
  switch (x.kind) {
    case envelope_kind::welcome:
      if (link.guest || !x.who) return;
      link.guest = x.who;
      monitor(link.guest);
      return machine_.welcomed(*from, now(), effects_);
    case envelope_kind::refused: {
      const auto why = decode_failure(x.data);
      return link_lost(*from,
                       "it refuses callers: " + (why ? why->message : std::string{"for a reason that cannot be read"}));
    }
    case envelope_kind::answer: return take_answer(x, *from);
    case envelope_kind::notification:
      return read(*from, decode_notification(x.data), [&](notification& n) { subscribers_.take(*from, n); });
    case envelope_kind::gap:
      return read(*from, decode_gap(x.data), [&](notification_gap& g) { subscribers_.take(*from, g); });
    case envelope_kind::event:
      return read(*from, decode_event(x.data, now()), [&](remote_event_body& e) { watchers_.tell(e); });
    default: return;
  }
}

void remote_delegate::link_lost(node_index i, const std::string& why) {
  carry_out(); // What was decided before it was known is sent, while there is still somebody to send it to.
  drop_node_effect gone{i, why};
  carry_out(gone);
  machine_.lost(i, why, now(), effects_);
}

void remote_delegate::down(const caf::down_msg& x) {
  if (const auto i = node_of(x.source)) {
    const bool gone = links_[*i].gate && links_[*i].gate.address() == x.source;
    link_lost(*i, "the link ended: " + system().render(x.reason));
    if (gone) links_[*i].known = nullptr;
    return;
  }
  watched_.erase(x.source);
  subscribers_.down(x.source);
  watchers_.leave(x.source);
  cancel_all_of(x.source);
}

} // namespace tripool
