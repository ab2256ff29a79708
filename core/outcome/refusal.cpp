// Refusals.
#include "tripool/core/outcome/refusal.hpp"

#include <utility>

namespace tripool {

failure refuse(std::string_view sqlstate, std::string message, std::string hint) {
  failure f;
  f.kind = outcome::rejected;
  f.why = cause::invalid_request;
  f.sqlstate = sqlstate;
  f.message = std::move(message);
  f.hint = std::move(hint);
  return f;
}

} // namespace tripool
