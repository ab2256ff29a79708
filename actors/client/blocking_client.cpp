// Waiting for answers.
#include "tripool/actors/client/blocking_client.hpp"

namespace tripool {

answer<std::vector<result>> blocking_client::execute(batch x) {
  auto out = ask<reply>(delegate_, std::move(x));
  if (!out) return unexpected{std::move(out).error()};
  return std::move(out->results);
}

} // namespace tripool
