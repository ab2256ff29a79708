// The binary form of addresses (network_send in the server): family, prefix, whether it is a cidr, size, octets.
#include "tripool/core/codec/network.hpp"

#include "tripool/core/codec/reader.hpp"

#include <algorithm>

namespace tripool {

namespace {

constexpr std::uint8_t family_v4 = 2;
constexpr std::uint8_t family_v6 = 3;

bool read_binary(std::string_view data, network_address& to, bool& is_cidr) noexcept {
  byte_reader from{data};
  const auto family = from.take8();
  to.v6 = family == family_v6;
  to.prefix = from.take8();
  const auto flag = from.take8();
  is_cidr = flag == 1;
  const auto size = from.take8();
  const auto octets = from.take(size);
  if (!from.done() || (family != family_v4 && family != family_v6) || flag > 1 || size != to.bits() / 8) return false;
  std::transform(octets.begin(), octets.end(), to.octets.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return to.prefix <= to.bits();
}

template <class T>
decoded<T> decode_address(const encoded_value& x) {
  T out;
  if (x.format == result_format::text) {
    const auto parsed = T::parse(x.data);
    if (!parsed) return unexpected{malformed(x)};
    return *parsed;
  }
  bool is_cidr = false;
  if (!read_binary(x.data, out, is_cidr) || is_cidr != (x.type == server_type::cidr)) return unexpected{malformed(x)};
  if (is_cidr && !out.is_network()) return unexpected{malformed(x)};
  return out;
}

void encode_address(const network_address& x, bool is_cidr, encoder& to) {
  if (!x.is_valid()) return to.fail("22P02", "is no address: its prefix is longer than it, or unused octets are set");
  const auto size = static_cast<std::size_t>(x.bits() / 8);
  to.put8(x.v6 ? family_v6 : family_v4);
  to.put8(x.prefix);
  to.put8(is_cidr ? 1 : 0);
  to.put8(static_cast<std::uint8_t>(size));
  std::for_each_n(x.octets.begin(), size, [&](std::uint8_t octet) { to.put8(octet); });
}

} // namespace

decoded<inet> decode_inet(const encoded_value& x) {
  if (x.type != server_type::inet && x.type != server_type::cidr) return unexpected{wrong_type(x, codec<inet>::name)};
  return decode_address<inet>(x);
}

decoded<cidr> decode_cidr(const encoded_value& x) {
  if (x.type != server_type::cidr) return unexpected{wrong_type(x, codec<cidr>::name)};
  return decode_address<cidr>(x);
}

void encode_inet(const inet& x, encoder& to) {
  encode_address(x, false, to);
}

void encode_cidr(const cidr& x, encoder& to) {
  if (!x.is_network()) return to.fail("22P02", "is no network: a bit is set behind its prefix");
  encode_address(x, true, to);
}

} // namespace tripool
