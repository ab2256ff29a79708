// The codecs of hstore and of pgvector's vector, which are found by name. Read in binary only.
// Knows nothing of rows. Used by callers who ask for or send them.
#pragma once

#include "tripool/core/codec/codec.hpp"
#include "tripool/core/types/extension.hpp"

namespace tripool {

decoded<hstore> decode_hstore(const encoded_value& x);
decoded<float_vector> decode_float_vector(const encoded_value& x);
void encode_hstore(const hstore& x, encoder& to);
void encode_float_vector(const float_vector& x, encoder& to);

template <>
struct codec<hstore> {
  static constexpr std::string_view name = "tripool::hstore";
  static constexpr std::uint32_t oid = 0;
  static constexpr std::string_view type_name = "hstore";
  static decoded<hstore> decode(const encoded_value& x) { return decode_hstore(x); }
  static void encode(const hstore& x, encoder& to) { encode_hstore(x, to); }
};

template <>
struct codec<float_vector> {
  static constexpr std::string_view name = "tripool::float_vector";
  static constexpr std::uint32_t oid = 0;
  static constexpr std::string_view type_name = "vector";
  static decoded<float_vector> decode(const encoded_value& x) { return decode_float_vector(x); }
  static void encode(const float_vector& x, encoder& to) { encode_float_vector(x, to); }
};

} // namespace tripool
