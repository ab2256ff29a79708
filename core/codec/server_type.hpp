// The object identifiers of PostgreSQL's built-in types that Tripool reads and sends, and their names for messages.
// They are fixed for all servers (src/include/catalog/pg_type.dat). Knows nothing of values. Used by the codecs.
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
inline constexpr std::uint32_t uuid = 2950;
inline constexpr std::uint32_t void_ = 2278;
inline constexpr std::uint32_t record = 2249;
inline constexpr std::uint32_t cidr = 650;
inline constexpr std::uint32_t inet = 869;
inline constexpr std::uint32_t date = 1082;
inline constexpr std::uint32_t time = 1083;
inline constexpr std::uint32_t timestamp = 1114;
inline constexpr std::uint32_t timestamptz = 1184;
inline constexpr std::uint32_t interval = 1186;
inline constexpr std::uint32_t timetz = 1266;
inline constexpr std::uint32_t int4range = 3904;
inline constexpr std::uint32_t numrange = 3906;
inline constexpr std::uint32_t tsrange = 3908;
inline constexpr std::uint32_t tstzrange = 3910;
inline constexpr std::uint32_t daterange = 3912;
inline constexpr std::uint32_t int8range = 3926;
inline constexpr std::uint32_t int4multirange = 4451;
inline constexpr std::uint32_t nummultirange = 4532;
inline constexpr std::uint32_t tsmultirange = 4533;
inline constexpr std::uint32_t tstzmultirange = 4534;
inline constexpr std::uint32_t datemultirange = 4535;
inline constexpr std::uint32_t int8multirange = 4536;

/// The first OID that is not the same in all databases.
inline constexpr std::uint32_t first_user_defined = 16384;

/// The built-in type of arrays of `element`, or 0.
constexpr std::uint32_t array_of(std::uint32_t element) noexcept {
  switch (element) {
    case bool_: return 1000;
    case bytea: return 1001;
    case char_: return 1002;
    case name: return 1003;
    case int2: return 1005;
    case int4: return 1007;
    case text: return 1009;
    case xid: return 1011;
    case cid: return 1012;
    case bpchar: return 1014;
    case varchar: return 1015;
    case int8: return 1016;
    case float4: return 1021;
    case float8: return 1022;
    case oid: return 1028;
    case inet: return 1041;
    case cidr: return 651;
    case timestamp: return 1115;
    case date: return 1182;
    case time: return 1183;
    case timestamptz: return 1185;
    case interval: return 1187;
    case numeric: return 1231;
    case timetz: return 1270;
    case json: return 199;
    case xml: return 143;
    case uuid: return 2951;
    case jsonb: return 3807;
    case record: return 2287;
    case int4range: return 3905;
    case numrange: return 3907;
    case tsrange: return 3909;
    case tstzrange: return 3911;
    case daterange: return 3913;
    case int8range: return 3927;
    case int4multirange: return 6150;
    case nummultirange: return 6151;
    case tsmultirange: return 6152;
    case tstzmultirange: return 6153;
    case datemultirange: return 6155;
    case int8multirange: return 6157;
    case xid8: return 271;
    default: return 0;
  }
}

/// The built-in type of ranges of `bound`, or 0.
constexpr std::uint32_t range_of(std::uint32_t bound) noexcept {
  switch (bound) {
    case int4: return int4range;
    case int8: return int8range;
    case numeric: return numrange;
    case timestamp: return tsrange;
    case timestamptz: return tstzrange;
    case date: return daterange;
    default: return 0;
  }
}

/// The built-in type of multiranges of `bound`, or 0.
constexpr std::uint32_t multirange_of(std::uint32_t bound) noexcept {
  switch (bound) {
    case int4: return int4multirange;
    case int8: return int8multirange;
    case numeric: return nummultirange;
    case timestamp: return tsmultirange;
    case timestamptz: return tstzmultirange;
    case date: return datemultirange;
    default: return 0;
  }
}

} // namespace tripool::server_type

namespace tripool {

/// The type's name for people: "int4", or "type 16385" for a type that is not built in or not known here.
std::string server_type_name(std::uint32_t type);

} // namespace tripool
