// The hook by which an embedding application follows its requests: for traces (OpenTelemetry and the like), for slow
// statements, for its own figures. Set in instance_parts; nothing is called, and nothing costs, when none is set.
// Holds no parameter and no secret. Implemented by applications; called by the delegate's responders.
#pragma once

#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/statement/statement.hpp"
#include "tripool/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace tripool {

/// One request from its arrival at the delegate to its answer: a span.
struct request_span {
  std::string text; ///< Of the statement, or of a batch's first one.
  std::size_t statements = 1;
  std::string name;        ///< What its caller called it, or empty.
  std::string traceparent; ///< The caller's W3C trace context, or empty: the parent of this span.
  access mode = access::write;
  time_point began{}; ///< On the steady clock (in tests: the virtual one).
  time_point ended{};
  outcome kind = outcome::done;
  failure why;                ///< Unless done: cause, SQLSTATE, pool, attempts.
  std::uint64_t rows = 0;     ///< If done: of all results together.
  std::uint64_t affected = 0; ///< If done: as the command tags say.

  duration took() const noexcept { return ended - began; }
};

/// The hook. Called once for each statement and batch that came to the delegate, on whatever thread its answer is
/// given: it must not block, throw, or call back into Tripool.
class request_observer {
public:
  virtual ~request_observer() = default;
  /// Whether the request that has just come is to be followed: for sampling. The text is not copied when it is not.
  virtual bool wants(const std::string& text, const std::string& traceparent) = 0;
  virtual void answered(const request_span& x) noexcept = 0;
};

} // namespace tripool
