// The binary forms of extensions' types: hstore_send and vector_send.
#include "tripool/core/codec/extension.hpp"

#include "tripool/core/codec/reader.hpp"
#include "tripool/core/codec/type_catalogue.hpp"

#include <bit>

namespace tripool {

namespace {

/// Why a value cannot be of the extension's type `name`, or nothing.
std::optional<decode_error> refuse(const encoded_value& x, std::string_view name, std::string_view wanted) {
  if (x.type < server_type::first_user_defined) return wrong_type(x, wanted);
  const auto* entry = x.types ? x.types->find(x.type) : nullptr;
  if (entry && entry->name != name) return wrong_type(x, wanted);
  if (x.format == result_format::text) return text_refused(x, wanted);
  return std::nullopt;
}

} // namespace

decoded<hstore> decode_hstore(const encoded_value& x) {
  if (auto why = refuse(x, codec<hstore>::type_name, codec<hstore>::name)) return unexpected{std::move(*why)};
  byte_reader from{x.data};
  hstore out;
  const auto count = from.take32();
  for (std::uint32_t i = 0; i < count && !from.failed(); ++i) {
    const auto key = from.take_value();
    const auto value = from.take_value();
    if (from.failed() || !key) return unexpected{malformed(x)};
    auto& at = out.pairs[std::string{*key}];
    if (value) at = std::string{*value};
  }
  if (!from.done() || out.pairs.size() != count) return unexpected{malformed(x)};
  return out;
}

void encode_hstore(const hstore& x, encoder& to) {
  to.put32(static_cast<std::uint32_t>(x.pairs.size()));
  for (const auto& [key, value] : x.pairs) {
    const auto key_place = to.begin_value();
    to.put_text(key);
    to.end_value(key_place);
    if (!value) {
      to.put_null();
      continue;
    }
    const auto value_place = to.begin_value();
    to.put_text(*value);
    to.end_value(value_place);
  }
}

decoded<float_vector> decode_float_vector(const encoded_value& x) {
  constexpr std::string_view wanted = codec<float_vector>::name;
  if (auto why = refuse(x, codec<float_vector>::type_name, wanted)) return unexpected{std::move(*why)};
  byte_reader from{x.data};
  const std::size_t count = from.take16();
  const auto unused = from.take16();
  if (from.failed() || unused != 0 || from.left() != 4 * count) return unexpected{malformed(x)};
  float_vector out;
  out.values.reserve(count);
  for (std::size_t i = 0; i < count; ++i) out.values.push_back(std::bit_cast<float>(from.take32()));
  return out;
}

void encode_float_vector(const float_vector& x, encoder& to) {
  if (x.values.size() > float_vector::dimensions_max)
    return to.fail("54000", "has " + std::to_string(x.values.size()) + " dimensions, more than a vector can have");
  to.put16(static_cast<std::uint16_t>(x.values.size()));
  to.put16(0);
  for (const float value : x.values) to.put32(std::bit_cast<std::uint32_t>(value));
}

} // namespace tripool
