// The codec of the server's enums: a C++ enum by the table of its labels, which its user gives:
//
//   template <> struct tripool::labels<mood> {
//     static constexpr std::string_view type_name = "mood"; // as created: "public.mood" says the schema, too
//     static constexpr std::pair<mood, std::string_view> values[] = {{mood::sad, "sad"}, {mood::happy, "happy"}};
//   };
//
// An enum can also be read and sent as text. Knows nothing of rows. Used by callers who map enums.
#pragma once

#include "tripool/core/codec/codec.hpp"

#include <string_view>
#include <utility>

namespace tripool {

/// The labels of a C++ enum: to be specialised, see above.
template <class T>
struct labels;

/// An enum whose labels are given.
template <class T>
concept labelled = requires {
  { labels<T>::type_name } -> std::convertible_to<std::string_view>;
  { labels<T>::values[0].first } -> std::convertible_to<T>;
  { labels<T>::values[0].second } -> std::convertible_to<std::string_view>;
};

/// The label of an enum's value as text: from a type that is user-defined, or a text.
decoded<std::string_view> decode_label(const encoded_value& x, std::string_view wanted);

template <labelled T>
struct codec<T> {
  static constexpr std::string_view name = labels<T>::type_name;
  static constexpr std::uint32_t oid = 0;
  static constexpr std::string_view type_name = labels<T>::type_name;
  static decoded<T> decode(const encoded_value& x) {
    const auto label = decode_label(x, name);
    if (!label) return unexpected{label.error()};
    for (const auto& [value, text] : labels<T>::values) {
      if (text == *label) return value;
    }
    auto out = does_not_fit(x, name);
    out.message += ": tripool::labels has no such label";
    return unexpected{std::move(out)};
  }
  static void encode(T x, encoder& to) {
    for (const auto& [value, text] : labels<T>::values) {
      if (value == x) return to.put(text);
    }
    to.fail("22P02", "has no label in tripool::labels");
  }
};

} // namespace tripool
