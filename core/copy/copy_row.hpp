// One row of a COPY stream, and reading it as C++ types. The stream does not say what types its columns have: reading
// a column as a T supposes the type that T is sent as, so say in the COPY what you mean (`copy (select id::int8 ...)`).
// Knows nothing of where rows come from. Used by the readers of both formats and by those who take rows from them.
#pragma once

#include "tripool/core/codec/codec.hpp"
#include "tripool/core/result/row.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace tripool {

namespace detail {

template <class T>
struct copy_column {
  using type = T;
};
template <class T>
struct copy_column<std::optional<T>> {
  using type = T;
};

/// The server's type that a column is supposed to have.
template <class T>
constexpr std::uint32_t copy_column_type() noexcept {
  using plain = typename copy_column<T>::type;
  if constexpr (encodable<plain>)
    return codec<plain>::oid;
  else
    return 0;
}

decode_error copy_width_error(std::size_t found, std::size_t wanted, std::uint64_t row);
decode_error copy_column_error(const decode_error& x, std::size_t column, std::uint64_t row);

} // namespace detail

/// A row, as long as its reader is not asked for the next one.
class copy_row {
public:
  using cell = std::optional<std::string_view>; ///< Nothing for NULL.

  copy_row(std::span<const cell> cells, result_format format, std::uint64_t number) noexcept
    : cells_(cells), format_(format), number_(number) {}

  std::size_t size() const noexcept { return cells_.size(); }
  /// Precondition: `column < size()`.
  const cell& raw(std::size_t column) const noexcept { return cells_[column]; }
  /// Counted from 1.
  std::uint64_t number() const noexcept { return number_; }

  /// The whole row as a `T`: its only column, or its columns in order as the elements of a std::tuple or std::pair or
  /// the members of a plain struct. Errors name row and column, never a value.
  template <row_readable T>
  decoded<T> as() const {
    T out{};
    std::optional<decode_error> error;
    if constexpr (decodable<T>) {
      auto only = std::tie(out);
      error = fill(only, std::make_index_sequence<1>{});
    } else if constexpr (detail::is_tuple<T>) {
      error = fill(out, std::make_index_sequence<std::tuple_size_v<T>>{});
    } else {
      auto members = detail::members_of(out);
      error = fill(members, std::make_index_sequence<std::tuple_size_v<decltype(members)>>{});
    }
    if (error) return unexpected{std::move(*error)};
    return out;
  }

private:
  template <class Tuple, std::size_t... Is>
  std::optional<decode_error> fill(Tuple& into, std::index_sequence<Is...>) const {
    if (size() != sizeof...(Is)) return detail::copy_width_error(size(), sizeof...(Is), number_);
    std::optional<decode_error> error;
    static_cast<void>((fill_one(std::get<Is>(into), Is, error) && ...));
    return error;
  }
  template <class T>
  bool fill_one(T& into, std::size_t column, std::optional<decode_error>& error) const {
    auto x = decode_cell<T>(cells_[column], detail::copy_column_type<T>(), format_);
    if (x)
      into = std::move(*x);
    else
      error = detail::copy_column_error(x.error(), column, number_);
    return !error;
  }

  std::span<const cell> cells_;
  result_format format_;
  std::uint64_t number_;
};

} // namespace tripool
