// The command `demo`.
#include "service/commands/commands.hpp"

namespace tripool::service {

int demo(const demo_options&) {
  return 1;
}

} // namespace tripool::service
