// COPY's binary format: a signature, then for each row the number of its columns and each column's length and value, as
// the codecs write them; at last a trailer. Writes what COPY FROM STDIN (FORMAT binary) takes - the fast way to insert
// many rows - and reads what COPY TO STDOUT (FORMAT binary) gives.
// The columns' types are not in the stream: they must be those that the server expects. Knows nothing of sessions.
#pragma once

#include "tripool/core/codec/encoder.hpp"
#include "tripool/core/copy/copy_buffer.hpp"
#include "tripool/core/copy/copy_row.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace tripool {

/// The most columns of a table.
inline constexpr std::size_t copy_columns_max = 1600;

namespace detail {

template <class T>
inline constexpr bool is_copy_cell = encodable<T>;
template <class T>
inline constexpr bool is_copy_cell<std::optional<T>> = encodable<T>;

/// References to the columns of a row: the elements of a tuple, the members of a struct, or the value itself.
template <class T>
auto copy_columns_of(const T& row) {
  if constexpr (is_copy_cell<T>) {
    return std::tie(row);
  } else if constexpr (is_tuple<T>) {
    return std::apply([](const auto&... x) { return std::tie(x...); }, row);
  } else {
    return members_of(const_cast<T&>(row)); // It is only read; the members of a constant cannot be bound by name.
  }
}

} // namespace detail

/// What can be one row: a std::tuple, a std::pair, a plain struct of up to 16 members, or a single value. A column may
/// be a std::optional, for NULL.
template <class T>
concept copyable_row = detail::is_copy_cell<T> || detail::is_tuple<T> || detail::plain_struct<T>;

/// The number of columns that a row of this type has.
template <copyable_row T>
constexpr std::size_t copy_width() noexcept {
  return std::tuple_size_v<decltype(detail::copy_columns_of(std::declval<const T&>()))>;
}

/// Builds a stream of rows. What is built can be taken away at any time, in pieces.
class copy_binary_writer {
public:
  /// Appends one row. False when a value cannot be sent: then the row is left out and `fault` says why.
  template <copyable_row T>
  bool add(const T& row) {
    const auto before = begin_row(copy_width<T>());
    std::size_t column = 0;
    const bool ok =
      std::apply([&](const auto&... x) { return (add_cell(x, column++) && ...); }, detail::copy_columns_of(row));
    return end_row(before, ok);
  }
  /// Appends one row of values that are encoded already; nothing is NULL.
  bool add_encoded(std::span<const std::optional<std::string_view>> columns);
  /// Appends the trailer, and the signature when there was no row. Nothing may follow.
  void finish();

  std::size_t size() const noexcept { return out_.size(); }
  std::uint64_t rows() const noexcept { return rows_; }
  bytes take() noexcept { return std::exchange(out_, {}); }
  /// The first row's that was refused: names row and column.
  const std::optional<encode_fault>& fault() const noexcept { return fault_; }

private:
  std::size_t begin_row(std::size_t columns);
  bool end_row(std::size_t before, bool ok);
  bool refuse(std::size_t column, const encode_fault& why);
  void put_signature();

  template <class T>
  bool add_cell(const T& x, std::size_t column) {
    encoder to{out_};
    const auto place = to.begin_value();
    codec<T>::encode(x, to);
    to.end_value(place);
    return !to.fault() || refuse(column, *to.fault());
  }
  template <class T>
  bool add_cell(const std::optional<T>& x, std::size_t column) {
    if (x) return add_cell(*x, column);
    encoder{out_}.put_null();
    return true;
  }

  bytes out_;
  std::uint64_t rows_ = 0;
  bool begun_ = false;
  std::optional<encode_fault> fault_;
};

/// Takes a stream apart that comes in pieces, cut anywhere.
class copy_binary_reader {
public:
  void feed(std::span<const std::byte> piece) { in_.feed(piece); }
  /// The next row, or nothing when it has not come in whole or the trailer has been read. An error is final: a wrong
  /// signature, unknown critical flags, object identifiers (of servers before 12), absurd lengths, data behind the
  /// trailer.
  decoded<std::optional<copy_row>> next();
  /// Whether the trailer was read and nothing follows it: to be asked when the stream has ended.
  bool complete() const noexcept { return state_ == state::ended && in_.rest().empty(); }

private:
  enum class state : std::uint8_t { header, rows, ended, failed };

  unexpected<decode_error> fail(std::string message);
  std::optional<std::string> read_header();

  copy_buffer in_;
  state state_ = state::header;
  std::vector<copy_row::cell> cells_;
  std::uint64_t rows_ = 0;
};

} // namespace tripool
