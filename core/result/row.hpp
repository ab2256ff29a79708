// Rows, and reading them as C++ types: a column by index or name, a whole row as a value, a tuple or a struct.
// A row is a view: it is good for as long as some handle to its result lives, and costs nothing to make or copy.
// Knows nothing of where the result came from. Used by callers.
#pragma once

#include "tripool/core/codec/codec.hpp"
#include "tripool/core/result/aggregate.hpp"
#include "tripool/core/result/mapping.hpp"
#include "tripool/core/result/result.hpp"
#include "tripool/core/result/row_iterator.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace tripool {

namespace detail {

template <class T>
inline constexpr bool is_tuple = false;
template <class... Ts>
inline constexpr bool is_tuple<std::tuple<Ts...>> = true;
template <class A, class B>
inline constexpr bool is_tuple<std::pair<A, B>> = true;

} // namespace detail

/// A type that a whole row can be read as: a single value, a std::tuple or std::pair, or a plain struct.
template <class T>
concept row_readable = decodable<T> || detail::is_tuple<T> || detail::plain_struct<T>;

/// One row of a result.
class row {
public:
  /// Precondition: `index < data.row_count()`. `data` must outlive the row.
  row(const result_data& data, std::size_t index) noexcept : data_(&data), index_(index) {}

  std::size_t index() const noexcept { return index_; }
  /// The number of columns.
  std::size_t size() const noexcept { return data_->column_count(); }
  /// The bytes as the server sent them; nothing for NULL. Precondition: `column < size()`.
  std::optional<std::string_view> raw(std::size_t column) const noexcept { return data_->value(index_, column); }
  /// Precondition: `column < size()`.
  bool is_null(std::size_t column) const noexcept { return !raw(column).has_value(); }

  /// One column as a `T`. Errors: no such column; NULL for a `T` that cannot stand for it; a type that cannot be read
  /// as `T`; a value that does not fit.
  template <decodable T>
  decoded<T> get(std::size_t column) const {
    if constexpr (directly_decodable<T>) {
      T out{};
      if (read_directly(column, out)) [[likely]]
        return out;
    }
    return judge<T>(*this, column);
  }
  /// The first column of that name as a `T`.
  template <decodable T>
  decoded<T> get(std::string_view name) const {
    const auto column = find(name);
    if (!column) return unexpected{no_column(name)};
    return get<T>(*column);
  }

  /// The whole row as a `T`: its only column, or its columns in order as the elements of a std::tuple or std::pair or
  /// the members of a plain struct (up to 16); the number of columns must then be the same. A struct whose columns are
  /// named (see mapping.hpp) is read by their names. One mapped to a composite type is read from an only column.
  template <row_readable T>
  decoded<T> as() const;

  /// Where the columns of a struct with named columns are, in the order of its members.
  template <named_columns T>
  using places = std::array<std::size_t, std::tuple_size_v<decltype(detail::members_of(std::declval<T&>()))>>;
  /// Finds them by name, once for all rows of a result. Errors: a column is missing, or there are two of its name.
  template <named_columns T>
  decoded<places<T>> locate() const;
  /// The whole row as a `T`, from where its columns were found in a row of the same result.
  template <named_columns T>
  decoded<T> as(const places<T>& where) const;

private:
  friend class result; // Reads many rows where they are to be.

  std::optional<std::size_t> find(std::string_view name) const noexcept;
  decode_error no_column(std::size_t column) const;
  decode_error no_column(std::string_view name) const;
  decode_error wrong_width(std::size_t wanted) const;
  /// The only column of that name.
  decoded<std::size_t> find_only(std::string_view name) const;
  /// Adds column and row to an error that speaks of the value alone.
  decode_error placed(const decode_error& x, std::size_t column) const;

  template <class Tuple, std::size_t... Is>
  std::optional<decode_error> fill(Tuple&& into, std::index_sequence<Is...>) const {
    std::optional<decode_error> out;
    static_cast<void>((fill_one(std::get<Is>(into), Is, out) && ...));
    return out;
  }
  template <class Tuple, class Places, std::size_t... Is>
  std::optional<decode_error> fill_from(Tuple&& into, const Places& where, std::index_sequence<Is...>) const {
    std::optional<decode_error> out;
    static_cast<void>((fill_one(std::get<Is>(into), where[Is], out) && ...));
    return out;
  }
  /// Whether the columns in order are the elements of a tuple or the members of a struct.
  template <class T>
  static constexpr bool
    is_by_position = detail::is_tuple<T> || (!named_columns<T> && !mapped_composite<T> && !decodable<T>);
  /// Reads the columns in order into the elements of a tuple or the members of a struct; returns what was wrong.
  template <class T>
  std::optional<decode_error> read_members(T& into) const;
  template <named_columns T>
  std::optional<decode_error> read_members(T& into, const places<T>& where) const;
  template <class T>
  decoded<T> by_position() const;
  template <class T>
  bool fill_one(T& into, std::size_t column, std::optional<decode_error>& error) const {
    if constexpr (directly_decodable<T>) {
      if (read_directly(column, into)) [[likely]]
        return true;
    }
    auto x = judge<T>(*this, column);
    if (x)
      into = std::move(*x);
    else
      error = std::move(x).error();
    return !error;
  }
  /// Reads a column that is in the very form of `T`. False: it is not, or not known to be; `into` is then anything.
  template <directly_decodable T>
  bool read_directly(std::size_t column, T& into) const {
    const auto& shapes = data_->shapes();
    if (column >= shapes.count()) return false;
    const auto data = data_->bytes_at(index_, column);
    if (!data.data()) return read_null(into);
    return codec<T>::direct({data, shapes.type(column), shapes.format(column)}, into);
  }
  template <class T>
  static bool read_null(T& into) {
    if constexpr (nullable<T>) into = codec<T>::null();
    return nullable<T>;
  }
  /// Reads a column of any form, and says what is wrong with it. Takes the row by value, so that the caller's stays in
  /// registers.
  template <class T>
  [[gnu::noinline]] static decoded<T> judge(row x, std::size_t column) {
    if (column >= x.size()) return unexpected{x.no_column(column)};
    const auto cell = x.data_->cell_at(x.index_, column);
    auto out = decode_cell<T>(cell.value, cell.type, cell.format, cell.types);
    if (!out) return unexpected{x.placed(out.error(), column)};
    return out;
  }

  const result_data* data_;
  std::size_t index_;
};

template <row_readable T>
decoded<T> row::as() const {
  // A tuple is a row before it is a composite in an only column, which a tuple of one tuple reads.
  if constexpr (detail::is_tuple<T>) {
    return by_position<T>();
  } else if constexpr (named_columns<T>) {
    const auto where = locate<T>();
    if (!where) return unexpected{where.error()};
    return as<T>(*where);
  } else if constexpr (mapped_composite<T>) {
    if constexpr (decodable<T>) {
      if (size() == 1) return get<T>(std::size_t{0});
    }
    return by_position<T>();
  } else if constexpr (decodable<T>) {
    if (size() != 1) return unexpected{wrong_width(1)};
    return get<T>(std::size_t{0});
  } else {
    return by_position<T>();
  }
}

template <class T>
std::optional<decode_error> row::read_members(T& into) const {
  if constexpr (detail::is_tuple<T>) {
    constexpr std::size_t width = std::tuple_size_v<T>;
    if (size() != width) return wrong_width(width);
    return fill(into, std::make_index_sequence<width>{});
  } else {
    auto members = detail::members_of(into);
    constexpr std::size_t width = std::tuple_size_v<decltype(members)>;
    if (size() != width) return wrong_width(width);
    return fill(members, std::make_index_sequence<width>{});
  }
}

template <class T>
decoded<T> row::by_position() const {
  T out{};
  if (auto error = read_members(out)) return unexpected{std::move(*error)};
  return out;
}

template <named_columns T>
decoded<row::places<T>> row::locate() const {
  places<T> out{};
  static_assert(columns<T>::names.size() == std::tuple_size_v<places<T>>, "one name for each member");
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto column = find_only(columns<T>::names[i]);
    if (!column) return unexpected{column.error()};
    out[i] = *column;
  }
  return out;
}

template <named_columns T>
std::optional<decode_error> row::read_members(T& into, const places<T>& where) const {
  return fill_from(detail::members_of(into), where, std::make_index_sequence<std::tuple_size_v<places<T>>>{});
}

template <named_columns T>
decoded<T> row::as(const places<T>& where) const {
  T out{};
  if (auto error = read_members(out, where)) return unexpected{std::move(*error)};
  return out;
}

inline row row_iterator::operator*() const noexcept {
  return {*data_, index_};
}

inline row row_iterator::operator[](difference_type n) const noexcept {
  return *(*this + n);
}

namespace detail {

decode_error wrong_row_count(std::size_t found, bool may_be_none);

} // namespace detail

inline row result::operator[](std::size_t index) const noexcept {
  return {*data_, index};
}

inline row_iterator result::begin() const noexcept {
  return {data_.get(), 0};
}

inline row_iterator result::end() const noexcept {
  return {data_.get(), size()};
}

template <class T>
decoded<T> result::one() const {
  if (size() != 1) return unexpected{detail::wrong_row_count(size(), false)};
  return (*this)[0].template as<T>();
}

template <class T>
decoded<std::optional<T>> result::optional() const {
  if (size() > 1) return unexpected{detail::wrong_row_count(size(), true)};
  if (empty()) return std::optional<T>{};
  auto out = (*this)[0].template as<T>();
  if (!out) return unexpected{std::move(out).error()};
  return std::optional<T>{std::move(*out)};
}

template <class T>
decoded<std::vector<T>> result::all() const {
  std::vector<T> out;
  out.reserve(size());
  if constexpr (named_columns<T>) {
    if (empty()) return out;
    const auto where = (*this)[0].template locate<T>();
    if (!where) return unexpected{where.error()};
    for (const row x : *this)
      if (auto error = x.read_members(out.emplace_back(), *where)) return unexpected{std::move(*error)};
  } else if constexpr (row::is_by_position<T>) {
    for (const row x : *this)
      if (auto error = x.read_members(out.emplace_back())) return unexpected{std::move(*error)};
  } else {
    for (const row x : *this) {
      auto value = x.template as<T>();
      if (!value) return unexpected{std::move(value).error()};
      out.push_back(std::move(*value));
    }
  }
  return out;
}

} // namespace tripool
