// The failure of a request that was taken back in time.
#include "tripool/core/request/cancellation.hpp"

#include <string>

namespace tripool {

failure taken_back(std::string_view where) {
  failure f;
  f.kind = outcome::not_executed;
  f.why = cause::cancelled;
  f.message = "its caller cancelled it while it " + std::string{where};
  return f;
}

} // namespace tripool
