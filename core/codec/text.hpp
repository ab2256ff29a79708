// The codecs of json, jsonb, varchar and name. Knows nothing of rows. Used by callers who ask for or send them.
#pragma once

#include "tripool/core/codec/codec.hpp"
#include "tripool/core/types/text.hpp"

#include <utility>

namespace tripool {

namespace detail {

/// Reads a text as a struct that holds it.
template <class T>
decoded<T> decode_text_as(const encoded_value& x) {
  auto text = decode_text_view(x, codec<T>::name);
  if (!text) return unexpected{std::move(text).error()};
  return T{std::string{*text}};
}

/// Reads json and jsonb as either.
template <class T>
decoded<T> decode_json_as(const encoded_value& x) {
  if (x.type != server_type::json && x.type != server_type::jsonb) return unexpected{wrong_type(x, codec<T>::name)};
  return decode_text_as<T>(x);
}

} // namespace detail

template <>
struct codec<json> {
  static constexpr std::string_view name = "tripool::json";
  static constexpr std::uint32_t oid = server_type::json;
  static decoded<json> decode(const encoded_value& x) { return detail::decode_json_as<json>(x); }
  static void encode(const json& x, encoder& to) { to.put_text(x.text); }
};

template <>
struct codec<jsonb> {
  static constexpr std::string_view name = "tripool::jsonb";
  static constexpr std::uint32_t oid = server_type::jsonb;
  static decoded<jsonb> decode(const encoded_value& x) { return detail::decode_json_as<jsonb>(x); }
  static void encode(const jsonb& x, encoder& to) {
    to.put8(1); // The version of the form: a text follows.
    to.put_text(x.text);
  }
};

/// Reads any text.
template <>
struct codec<varchar> {
  static constexpr std::string_view name = "tripool::varchar";
  static constexpr std::uint32_t oid = server_type::varchar;
  static decoded<varchar> decode(const encoded_value& x) { return detail::decode_text_as<varchar>(x); }
  static void encode(const varchar& x, encoder& to) { to.put_text(x.text); }
};

/// Reads any text.
template <>
struct codec<identifier> {
  static constexpr std::string_view name = "tripool::identifier";
  static constexpr std::uint32_t oid = server_type::name;
  static decoded<identifier> decode(const encoded_value& x) { return detail::decode_text_as<identifier>(x); }
  static void encode(const identifier& x, encoder& to) {
    constexpr std::size_t bytes_max = 63;
    if (x.text.size() > bytes_max) to.fail("42622", "is longer than the 63 bytes of a name");
    to.put_text(x.text);
  }
};

} // namespace tripool
