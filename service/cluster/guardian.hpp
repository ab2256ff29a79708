// The process that outlives us if we are killed: it then kills the servers of one cluster and removes the cluster's
// folder. It holds one end of a socket pair whose other end only we hold, and waits for that to close, however we
// end. Used by private_cluster, also for the removal at an ordinary end, so that there is one way of cleaning up.
#pragma once

#include "service/cluster/descriptor.hpp"
#include "service/cluster/result.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <sys/types.h>

namespace tripool::cluster {

/// What the guardian does with the cluster's folder in the end.
enum class leftover {
  remove, ///< Removes it.
  empty,  ///< Removes what is in it: the folder was there before.
  keep,   ///< Leaves it.
};

/// Owns the guardian of one cluster.
class guardian {
public:
  guardian() = default;

  /// Starts a guardian for the servers whose names start with `tag` and for `folder`.
  static result<guardian> start(const std::string& tag, const std::filesystem::path& folder, leftover what);

  guardian(guardian&& x) noexcept;
  guardian& operator=(guardian&& x) noexcept;

  /// Calls `finish`.
  ~guardian();

  /// Has the guardian do its work now, and waits for it, at most 20 s.
  void finish() noexcept;

  /// The guardian's process id; 0 when there is none.
  pid_t process() const noexcept { return process_; }

private:
  descriptor line_;
  pid_t process_ = 0;
};

} // namespace tripool::cluster
