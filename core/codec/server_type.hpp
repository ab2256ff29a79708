// The object identifiers of PostgreSQL's built-in types that Tripool reads, and their names for messages.
// They are fixed for all servers (src/include/catalog/pg_type.dat). Knows nothing of values. Used by the decoders.
#pragma once

#include <cstdint>
#include <string>

namespace tripool::server_type {

inline constexpr std::uint32_t bool_ = 16;
inline constexpr std::uint32_t bytea = 17;
inline constexpr std::uint32_t char_ = 18; ///< The one-byte "char".
inline constexpr std::uint32_t name = 19;
inline constexpr std::uint32_t int8 = 20;
inline constexpr std::uint32_t int2 = 21;
inline constexpr std::uint32_t int4 = 23;
inline constexpr std::uint32_t text = 25;
inline constexpr std::uint32_t oid = 26;
inline constexpr std::uint32_t xid = 28;
inline constexpr std::uint32_t cid = 29;
inline constexpr std::uint32_t json = 114;
inline constexpr std::uint32_t xml = 142;
inline constexpr std::uint32_t float4 = 700;
inline constexpr std::uint32_t float8 = 701;
inline constexpr std::uint32_t unknown = 705;
inline constexpr std::uint32_t bpchar = 1042;
inline constexpr std::uint32_t varchar = 1043;
inline constexpr std::uint32_t numeric = 1700;
inline constexpr std::uint32_t jsonb = 3802;
inline constexpr std::uint32_t xid8 = 5069;

} // namespace tripool::server_type

namespace tripool {

/// The type's name for people: "int4", or "type 16385" for a type that is not built in or not known here.
std::string server_type_name(std::uint32_t type);

} // namespace tripool
