// The codecs of inet and cidr. Knows nothing of rows. Used by callers who ask for or send addresses.
#pragma once

#include "tripool/core/codec/codec.hpp"
#include "tripool/core/types/network.hpp"

namespace tripool {

/// Reads inet, and cidr, which is an inet of zeros behind its prefix; in both formats.
decoded<inet> decode_inet(const encoded_value& x);
/// Reads cidr in both formats.
decoded<cidr> decode_cidr(const encoded_value& x);
void encode_inet(const inet& x, encoder& to);
void encode_cidr(const cidr& x, encoder& to);

template <>
struct codec<inet> {
  static constexpr std::string_view name = "tripool::inet";
  static constexpr std::uint32_t oid = server_type::inet;
  static decoded<inet> decode(const encoded_value& x) { return decode_inet(x); }
  static void encode(const inet& x, encoder& to) { encode_inet(x, to); }
};

template <>
struct codec<cidr> {
  static constexpr std::string_view name = "tripool::cidr";
  static constexpr std::uint32_t oid = server_type::cidr;
  static decoded<cidr> decode(const encoded_value& x) { return decode_cidr(x); }
  static void encode(const cidr& x, encoder& to) { encode_cidr(x, to); }
};

} // namespace tripool
