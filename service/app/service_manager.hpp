// Tells systemd (or whoever started the program with NOTIFY_SOCKET) how it goes: ready, alive, stopping. The protocol
// is sd_notify's: one datagram a message to the socket that the environment names.
// Knows no pool. Used by the command `serve`.
#pragma once

#include "service/cluster/descriptor.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tripool::service {

/// The one who started the program. Without NOTIFY_SOCKET in the environment there is none, and nothing happens. Not
/// thread-safe.
class service_manager {
public:
  /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and takes them out of the environment, so that programs that
  /// this one starts do not speak for it. To be called while there is one thread. What cannot be used is as if it were
  /// not there.
  service_manager();

  /// How often `alive` is to be called: half of what the watchdog allows. Nothing: there is no watchdog.
  std::optional<std::chrono::milliseconds> pace() const noexcept { return pace_; }

  /// Each returns whether the message was taken; false also when nobody is to be told.
  bool ready(std::string_view status) const;
  bool alive() const { return send("WATCHDOG=1"); }
  bool stopping(std::string_view status) const;

private:
  bool send(const std::string& text) const;

  cluster::descriptor socket_;
  std::string address_; ///< A path, or "@name" for an abstract one.
  std::optional<std::chrono::milliseconds> pace_;
};

} // namespace tripool::service
