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

/// A type and the type of arrays of it.
struct array_pair {
  std::uint32_t element;
  std::uint32_t array;
};

inline constexpr array_pair arrays[] = {
  {bool_, 1000},
  {bytea, 1001},
  {char_, 1002},
  {name, 1003},
  {int2, 1005},
  {int4, 1007},
  {text, 1009},
  {xid, 1011},
  {cid, 1012},
  {bpchar, 1014},
  {varchar, 1015},
  {int8, 1016},
  {float4, 1021},
  {float8, 1022},
  {oid, 1028},
  {inet, 1041},
  {cidr, 651},
  {timestamp, 1115},
  {date, 1182},
  {time, 1183},
  {timestamptz, 1185},
  {interval, 1187},
  {numeric, 1231},
  {timetz, 1270},
  {json, 199},
  {xml, 143},
  {uuid, 2951},
  {jsonb, 3807},
  {record, 2287},
  {int4range, 3905},
  {numrange, 3907},
  {tsrange, 3909},
  {tstzrange, 3911},
  {daterange, 3913},
  {int8range, 3927},
  {int4multirange, 6150},
  {nummultirange, 6151},
  {tsmultirange, 6152},
  {tstzmultirange, 6153},
  {datemultirange, 6155},
  {int8multirange, 6157},
  {xid8, 271},
};

/// The built-in type of arrays of `element`, or 0.
constexpr std::uint32_t array_of(std::uint32_t element) noexcept {
  for (const auto& x : arrays) {
    if (x.element == element) return x.array;
  }
  return 0;
}

/// The type of the elements of a built-in array type, or 0.
constexpr std::uint32_t element_of(std::uint32_t array) noexcept {
  for (const auto& x : arrays) {
    if (x.array == array) return x.element;
  }
  return 0;
}

/// A type, the type of ranges of it, and that of multiranges.
struct range_triple {
  std::uint32_t bound;
  std::uint32_t range;
  std::uint32_t multirange;
};

inline constexpr range_triple ranges[] = {
  {int4, int4range, int4multirange},  {int8, int8range, int8multirange},        {numeric, numrange, nummultirange},
  {timestamp, tsrange, tsmultirange}, {timestamptz, tstzrange, tstzmultirange}, {date, daterange, datemultirange},
};

/// The built-in range types of `bound`, all 0 when there are none.
constexpr range_triple ranges_of(std::uint32_t bound) noexcept {
  for (const auto& x : ranges) {
    if (x.bound == bound) return x;
  }
  return {};
}

/// The type of the bounds of a built-in range or multirange type, or 0.
constexpr std::uint32_t bound_of(std::uint32_t range) noexcept {
  for (const auto& x : ranges) {
    if (x.range == range || x.multirange == range) return x.bound;
  }
  return 0;
}

} // namespace tripool::server_type

namespace tripool {

/// The type's name for people: "int4", or "type 16385" for a type that is not built in or not known here.
std::string server_type_name(std::uint32_t type);

} // namespace tripool
