// What a crash takes without Tripool: as many plain connections as there are waiting reads, and a thread that asks
// another server as soon as the first of their sockets is closed. What is left of it is Tripool's own.
// Used by the crash. Knows nothing of Tripool.
#pragma once

#include "service/cluster/private_cluster.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <libpq-fe.h>

namespace tripool::bars {

/// The connections and the thread that watches their sockets: it waits for the end of one of them, for at most 30 s.
class witnesses {
public:
  using moment = std::optional<std::chrono::steady_clock::time_point>;

  /// Opens so many to the server, and lets each run a statement that lasts; and one to another server.
  witnesses(const cluster::endpoint& to, std::size_t count, const cluster::endpoint& other);
  witnesses(const witnesses&) = delete;
  witnesses& operator=(const witnesses&) = delete;
  ~witnesses();

  /// Why they are not there; empty: they are.
  const std::string& problem() const noexcept { return problem_; }
  /// When the first socket was closed by its server; nothing: none was. Waits for the thread.
  moment first_end();
  /// When the other server had answered; nothing: it did not. Waits for the thread.
  moment answered();

private:
  struct finish {
    void operator()(PGconn* x) const noexcept { PQfinish(x); }
  };

  using connection = std::unique_ptr<PGconn, finish>;

  connection open(const cluster::endpoint& to, const char* statement);
  void watch();
  void join();

  std::vector<connection> all_;
  connection other_;
  std::string problem_;
  moment ended_;
  moment answered_;
  std::thread thread_;
};

} // namespace tripool::bars
