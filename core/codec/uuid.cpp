// Reading uuid from the server.
#include "tripool/core/codec/uuid.hpp"

#include <algorithm>

namespace tripool {

decoded<uuid> decode_uuid(const encoded_value& x) {
  if (x.type != server_type::uuid) return unexpected{wrong_type(x, codec<uuid>::name)};
  uuid out;
  if (x.format == result_format::text) {
    const auto parsed = uuid::parse(x.data);
    if (!parsed) return unexpected{malformed(x)};
    return *parsed;
  }
  if (x.data.size() != out.octets.size()) return unexpected{malformed(x)};
  std::transform(x.data.begin(), x.data.end(), out.octets.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return out;
}

} // namespace tripool
