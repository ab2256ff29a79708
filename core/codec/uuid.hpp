// The codec of uuid. Knows nothing of rows. Used by callers who ask for or send identifiers.
#pragma once

#include "tripool/core/codec/codec.hpp"
#include "tripool/core/types/uuid.hpp"

namespace tripool {

/// Reads uuid in both formats.
decoded<uuid> decode_uuid(const encoded_value& x);

template <>
struct codec<uuid> {
  static constexpr std::string_view name = "tripool::uuid";
  static constexpr std::uint32_t oid = server_type::uuid;
  static decoded<uuid> decode(const encoded_value& x) { return decode_uuid(x); }
  static void encode(const uuid& x, encoder& to) {
    for (const auto octet : x.octets) to.put8(octet);
  }
};

} // namespace tripool
