// The gate in front of a delegate: the one actor that is published to other nodes. Who says hello in the right version
// gets a guest, an actor that stands for that caller here; everybody else, and every other message, gets nothing.
// Holds no policy but its bounds. Used by whoever publishes a Tripool (see publish.hpp).
#pragma once

#include "tripool/actors/loop_actor.hpp"
#include "tripool/actors/remote/envelope.hpp"

#include <spdlog/logger.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace tripool {

/// What one caller on another node may have at a time, and how many callers there may be.
struct gate_limits {
  std::size_t guests_max = 2000;
  std::size_t guests_per_node_max = 64;
  std::size_t outstanding_max = 1000;                         ///< Unanswered calls of one guest.
  std::size_t sessions_max = 10;                              ///< Leases, transactions, streams and COPYs of one.
  std::size_t channels_max = 100;                             ///< It listens to.
  std::size_t request_bytes_max = std::size_t{16} << 20U;     ///< One call.
  std::size_t outstanding_bytes_max = std::size_t{64} << 20U; ///< Its unanswered calls together.
  /// Answers that it has not said to have read: above half of this its calls are refused, above it it is ended.
  std::size_t unread_bytes_max = std::size_t{256} << 20U;
  std::size_t looks_max = 4; ///< Unanswered questions of one for snapshots and events; 0: it may not look.
  duration silence_max = std::chrono::seconds{10}; ///< A guest whose caller is silent for longer ends.
};

/// What a gate's guests know of the node.
struct gate_identity {
  std::string version;
  time_point since{};
};

/// What the gate tells of itself.
struct gate_status {
  std::size_t guests = 0;
  std::uint64_t welcomed = 0;
  std::uint64_t refused = 0;
};

/// The actor. Messages: remote_envelope (hello), get_status -> gate_status.
class gate final : public loop_actor {
public:
  /// `version`: what it calls itself to callers who ask.
  gate(caf::actor_config& cfg, reactor* loop, std::shared_ptr<spdlog::logger> log, caf::actor delegate,
       gate_limits limits, std::string version);
  const char* name() const override { return "tripool.gate"; }

private:
  caf::behavior make_behavior() override;
  void on_end() override;
  void hello(const remote_envelope& x);
  void refuse(const caf::actor& to, std::string why);

  std::shared_ptr<spdlog::logger> log_;
  caf::actor delegate_;
  gate_limits limits_;
  std::shared_ptr<const gate_identity> identity_;
  gate_status counts_;
  std::map<caf::actor_addr, caf::actor> guests_;     ///< By the guest's own address.
  std::map<caf::actor_addr, caf::node_id> nodes_of_; ///< Where the guest's caller is.
};

} // namespace tripool

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::gate_status)
