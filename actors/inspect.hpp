// How results and failures travel to other nodes, and how they look when CAF prints a message: by their shape, never by
// their values. Found by argument-dependent look-up. Used wherever messages are made.
#pragma once

#include "tripool/core/result/result.hpp"
#include "tripool/core/result/row.hpp"
#include "tripool/core/statement/statement.hpp"

#include <caf/detail/stringification_inspector.hpp>
#include <caf/error.hpp>
#include <caf/meta/load_callback.hpp>
#include <caf/meta/type_name.hpp>
#include <caf/sec.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace tripool {

/// A result taken apart for the wire: values in one text, with their lengths; -1 is NULL.
struct result_parts {
  std::string tag;
  std::vector<std::string> names;
  std::vector<std::uint32_t> types;
  std::vector<std::uint8_t> formats;
  std::uint64_t rows = 0;
  std::vector<std::int64_t> lengths;
  std::string data;
  std::string receipt;              ///< What a write says about itself: application and position; empty for none.
  std::vector<std::string> notices; ///< Six texts a notice, in the order of server_message's fields.
};

/// Takes a result apart.
result_parts take_apart(const result& x);
/// Puts it together again. Returns false when the parts contradict each other, as in a damaged message.
bool put_together(const result_parts& parts, result& out);
/// "result(3 rows, 2 columns, SELECT 3)".
std::string shape_of(const result& x);

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, result& x) {
  if constexpr (std::is_same_v<Inspector, caf::detail::stringification_inspector>) {
    auto shape = shape_of(x);
    return f(caf::meta::type_name("tripool::result"), shape);
  } else {
    result_parts p;
    if constexpr (Inspector::reads_state) p = take_apart(x);
    auto load = [&]() -> caf::error {
      return put_together(p, x) ? caf::error{} : caf::error{caf::sec::invalid_argument};
    };
    return f(caf::meta::type_name("tripool::result"), p.tag, p.names, p.types, p.formats, p.rows, p.lengths, p.data,
             p.receipt, p.notices, caf::meta::load_callback(load));
  }
}

} // namespace tripool
