// What commands can be told about nodes that let callers in (`tripool serve --listen`), and a caller of them: an actor
// system with a proxy.
// Knows nothing of what is asked. Used by the commands `query` and `status`.
#pragma once

#include "service/app/system.hpp"
#include "tripool/actors/remote/remote_delegate.hpp"

#include <caf/actor_system.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace tripool::service {

/// Which nodes are asked, and how one shows who one is.
struct node_arguments {
  std::string nodes;       ///< "HOST:PORT,HOST:PORT"; empty: none.
  std::string certificate; ///< With the next two: mutual TLS.
  std::string key;         ///< Of the certificate.
  std::string authority;   ///< That a node's certificate must come from.

  bool empty() const noexcept { return nodes.empty(); }
};

/// A caller of nodes. Ends with its proxies.
class node_caller {
public:
  /// Null after a complaint on standard error.
  static std::unique_ptr<node_caller> make(const node_arguments& x);
  ~node_caller();
  node_caller(const node_caller&) = delete;
  node_caller& operator=(const node_caller&) = delete;

  caf::actor_system& system() noexcept { return *system_; }
  const std::vector<remote_node>& nodes() const noexcept { return nodes_; }
  /// A proxy of some of them. `deadline`: of what names none.
  caf::actor proxy(std::vector<remote_node> of, std::chrono::milliseconds deadline);

private:
  node_caller() = default;

  system_config config_;
  std::vector<remote_node> nodes_;
  bool tls_ = false;
  std::unique_ptr<caf::actor_system> system_;
  std::vector<caf::actor> proxies_;
};

/// `tripool status --node`: each node's status, as a table or a line of JSON. Returns the exit code.
int show_node_status(const node_arguments& which, bool json);

} // namespace tripool::service
