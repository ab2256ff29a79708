// Many rows into a table at once, through a binary COPY: structs, tuples or values, one a row, in one transaction.
// For code that may block; an actor sends the same messages itself. Used by embedding programs.
#pragma once

#include "tripool/actors/client/blocking_client.hpp"
#include "tripool/actors/protocol_copy.hpp"
#include "tripool/core/copy/copy_binary_format.hpp"

#include <cstddef>
#include <string>
#include <utility>

namespace tripool {

/// Copies the rows of a range into `target`: "table" or "table (column, ...)", as SQL text. The members' types must be
/// the columns' types (an int column takes std::int32_t, a bigint std::int64_t). Returns the result, whose tag is
/// "COPY n", or why nothing was inserted: 22P04 for another number of columns, a fault of a value that cannot be
/// sent, the server's error.
template <class Range>
answer<result> insert_rows(blocking_client& db, const std::string& target, const Range& rows) {
  using row_type = std::remove_cvref_t<decltype(*std::begin(rows))>;
  constexpr std::size_t piece = std::size_t{1} << 20U;
  copy_in order;
  order.text = "COPY " + target + " FROM STDIN (FORMAT binary)";
  auto to = db.ask<copy_writer_handle>(db.delegate(), std::move(order));
  if (!to) return unexpected{std::move(to).error()};
  const auto give_up = [&](failure f) -> answer<result> {
    db.tell(to->to, copy_fail{f.message});
    return unexpected{std::move(f)};
  };
  const auto refuse = [&](std::string sqlstate, std::string message, std::string hint) {
    failure f;
    f.kind = outcome::rejected;
    f.why = cause::invalid_request;
    f.sqlstate = std::move(sqlstate);
    f.message = std::move(message);
    f.hint = std::move(hint);
    return give_up(std::move(f));
  };
  if (to->columns != copy_width<row_type>()) {
    return refuse("22P04",
                  "the rows have " + std::to_string(copy_width<row_type>()) + " columns, and the COPY has "
                    + std::to_string(to->columns),
                  "Name the columns behind the table: \"table (a, b)\".");
  }
  copy_binary_writer writer;
  for (const auto& x : rows) {
    if (!writer.add(x)) return refuse(writer.fault()->sqlstate, writer.fault()->message, "Nothing was inserted.");
    if (writer.size() < piece) continue;
    if (auto f = db.tell(to->to, copy_chunk{writer.take(), {}})) return unexpected{std::move(*f)};
  }
  writer.finish();
  if (auto f = db.tell(to->to, copy_chunk{writer.take(), {}})) return unexpected{std::move(*f)};
  return db.ask<result>(to->to, copy_end{});
}

} // namespace tripool
