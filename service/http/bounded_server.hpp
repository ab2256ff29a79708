// cpp-httplib's server on connections with bounds of their own (`connections`): the library would keep one of its
// threads for each connection, count its time for each read anew and its bytes not at all, and take a body that nobody
// read for more requests. Here it is given whole requests only. Knows nothing of what is asked. Used by the HTTP
// endpoint.
#pragma once

#include "service/http/connections.hpp"

#include <httplib.h>

#include <memory>
#include <string>

namespace tripool::service {

/// The server. Listens once.
class bounded_server final : public httplib::Server {
public:
  explicit bounded_server(const connection_bounds& bounds = {});

private:
  bool process_and_close_socket(socket_t sock) override;
  std::string answer(std::string request);

  std::unique_ptr<connections> connections_; ///< While it listens.
};

} // namespace tripool::service
