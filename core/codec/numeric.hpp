// The codecs of numeric and oid. Knows nothing of rows. Used by callers who ask for or send them.
#pragma once

#include "tripool/core/codec/codec.hpp"
#include "tripool/core/types/numeric.hpp"
#include "tripool/core/types/oid.hpp"

namespace tripool {

/// Reads numeric and integers of any width, exactly.
decoded<numeric> decode_numeric(const encoded_value& x);
/// Appends the binary form of a numeric.
void encode_numeric(const numeric& x, encoder& to);

template <>
struct codec<numeric> {
  static constexpr std::string_view name = "tripool::numeric";
  static constexpr std::uint32_t oid = server_type::numeric;
  static decoded<numeric> decode(const encoded_value& x) { return decode_numeric(x); }
  static void encode(const numeric& x, encoder& to) { encode_numeric(x, to); }
};

/// Reads oid only, as what else is 32 bits wide is no identifier.
template <>
struct codec<oid> {
  static constexpr std::string_view name = "tripool::oid";
  static constexpr std::uint32_t oid = server_type::oid;
  static decoded<tripool::oid> decode(const encoded_value& x) {
    if (x.type != server_type::oid) return unexpected{wrong_type(x, name)};
    auto value = codec<std::uint32_t>::decode(x);
    if (!value) return unexpected{std::move(value).error()};
    return tripool::oid{*value};
  }
  static void encode(tripool::oid x, encoder& to) { to.put32(x.value); }
};

} // namespace tripool
