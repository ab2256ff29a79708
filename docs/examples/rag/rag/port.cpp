// Refusals in and out of caf::error.
#include "rag/port.hpp"

#include <caf/atom.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>

#include <utility>

namespace rag {

namespace {

constexpr auto category = caf::atom("rag");

} // namespace

caf::error make_error(refusal x) {
  return caf::error{1, category, caf::make_message(std::move(x))};
}

refusal refusal_of(const caf::error& x) {
  if (x.category() == category && x.context().match_elements<refusal>()) return x.context().get_as<refusal>(0);
  if (x == caf::sec::request_receiver_down) return {"the store's actor has ended", false};
  if (x == caf::sec::request_timeout) return {"the store's actor did not answer in time", true};
  return {"the store's actor failed with code " + std::to_string(x.code()), false};
}

} // namespace rag
