// How a caller's struct is mapped, beside by position: its members by the names of columns, or the whole struct as a
// composite type of the server.
//
//   template <> struct tripool::columns<person> { static constexpr auto names = std::array{"id", "full_name"}; };
//   template <> struct tripool::composite<address> { static constexpr std::string_view type_name = "address"; };
//
// Knows nothing of rows and codecs. Used by both, and by callers.
#pragma once

#include "tripool/core/result/aggregate.hpp"

#include <concepts>
#include <string_view>

namespace tripool {

/// The names of the columns for a struct's members, in the members' order: to be specialised. A row is then read by
/// name: the columns' order does not matter, and those without a member are passed over.
template <class T>
struct columns;

/// A struct whose columns are named.
template <class T>
concept named_columns = detail::plain_struct<T> && requires {
  columns<T>::names.size();
  { columns<T>::names[0] } -> std::convertible_to<std::string_view>;
};

/// The composite type that a struct stands for: to be specialised. `type_name` as it was created; "public.address" says
/// the schema, too.
template <class T>
struct composite;

/// A struct that is mapped to a composite type.
template <class T>
concept mapped_composite = detail::plain_struct<T> && requires {
  { composite<T>::type_name } -> std::convertible_to<std::string_view>;
};

} // namespace tripool
