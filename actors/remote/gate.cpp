// Hello, and nothing else.
#include "tripool/actors/remote/gate.hpp"

#include "tripool/actors/remote/guest.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace tripool {

gate::gate(caf::actor_config& cfg, reactor* loop, std::shared_ptr<spdlog::logger> log, caf::actor delegate,
           gate_limits limits, std::string version)
  : loop_actor(cfg, loop),
    log_(std::move(log)),
    delegate_(std::move(delegate)),
    limits_(limits),
    identity_(std::make_shared<const gate_identity>(gate_identity{std::move(version), now()})) {
  // nop
}

caf::behavior gate::make_behavior() {
  monitor(delegate_);
  set_down_handler([this](caf::down_msg& x) {
    if (x.source == delegate_.address()) return quit(caf::exit_reason::user_shutdown);
    guests_.erase(x.source);
    nodes_of_.erase(x.source);
  });
  set_exit_handler([](caf::exit_msg&) {}); // Anybody who reaches it could send one. Its delegate's end is its end.
  return {
    [this](const remote_envelope& x) {
      if (x.kind == envelope_kind::hello) hello(x);
    },
    [this](get_status) {
      auto out = counts_;
      out.guests = guests_.size();
      return out;
    },
  };
}

void gate::hello(const remote_envelope& x) {
  const auto caller = caf::actor_cast<caf::actor>(current_sender());
  if (!caller) return;
  if (x.id != remote_protocol_version)
    return refuse(caller, "this node speaks version " + std::to_string(remote_protocol_version)
                            + " of the protocol, not " + std::to_string(x.id));
  if (guests_.size() >= limits_.guests_max)
    return refuse(caller, "this node has " + std::to_string(guests_.size()) + " callers already (guests_max)");
  const auto node = caller.node();
  const auto same = std::count_if(nodes_of_.begin(), nodes_of_.end(), [&](const auto& n) { return n.second == node; });
  if (static_cast<std::size_t>(same) >= limits_.guests_per_node_max)
    return refuse(caller, "that node has " + std::to_string(same) + " callers here already (guests_per_node_max)");
  const auto who = system().spawn<guest, caf::hidden>(loop(), log_, delegate_, caller, limits_, identity_);
  monitor(who);
  guests_.emplace(who.address(), who);
  nodes_of_.emplace(who.address(), node);
  ++counts_.welcomed;
  log_->info("gate: a caller at {} has come", caf::to_string(node));
  send(caller, remote_envelope{envelope_kind::welcome, remote_protocol_version, 0, {}, who});
}

void gate::refuse(const caf::actor& to, std::string why) {
  ++counts_.refused;
  log_->warn("gate: a caller at {} is refused: {}", caf::to_string(to.node()), why);
  failure f;
  f.why = cause::no_server;
  f.message = std::move(why);
  send(to, remote_envelope{envelope_kind::refused, 0, 0, encode(f), {}});
}

void gate::on_end() {
  for (const auto& [_, who] : guests_) send_exit(who, caf::exit_reason::user_shutdown);
  guests_.clear();
  delegate_ = nullptr;
}

} // namespace tripool
