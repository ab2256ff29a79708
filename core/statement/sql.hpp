// Short ways to write a statement down: sql("insert into t values ($1, $2)", 7, "seven").
// Knows nothing of where it goes. Used by callers.
#pragma once

#include "tripool/core/statement/statement.hpp"

#include <string>
#include <utility>

namespace tripool {

/// A statement with its parameters, in the order of $1, $2, ...; a write unless said otherwise.
template <class... Parameters>
statement sql(std::string text, Parameters&&... parameters) {
  statement out;
  out.text = std::move(text);
  out.parameters.reserve(sizeof...(parameters));
  (out.parameters.emplace_back(std::forward<Parameters>(parameters)), ...);
  return out;
}

/// The same, declared a read: it may run on a standby, and is repeated when its answer was lost.
template <class... Parameters>
statement sql_read(std::string text, Parameters&&... parameters) {
  auto out = sql(std::move(text), std::forward<Parameters>(parameters)...);
  out.mode = access::read;
  return out;
}

} // namespace tripool
