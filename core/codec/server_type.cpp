// Names of the built-in types that people meet in results, also of those that have no decoder of their own.
#include "tripool/core/codec/server_type.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace tripool {

namespace {

constexpr auto names = std::to_array<std::pair<std::uint32_t, std::string_view>>({
  {16, "bool"},        {17, "bytea"},         {18, "\"char\""},    {19, "name"},        {20, "int8"},
  {21, "int2"},        {23, "int4"},          {25, "text"},        {26, "oid"},         {28, "xid"},
  {29, "cid"},         {114, "json"},         {142, "xml"},        {199, "json[]"},     {600, "point"},
  {650, "cidr"},       {700, "float4"},       {701, "float8"},     {705, "unknown"},    {790, "money"},
  {829, "macaddr"},    {869, "inet"},         {1000, "bool[]"},    {1001, "bytea[]"},   {1005, "int2[]"},
  {1007, "int4[]"},    {1009, "text[]"},      {1015, "varchar[]"}, {1016, "int8[]"},    {1021, "float4[]"},
  {1022, "float8[]"},  {1042, "bpchar"},      {1043, "varchar"},   {1082, "date"},      {1083, "time"},
  {1114, "timestamp"}, {1184, "timestamptz"}, {1186, "interval"},  {1231, "numeric[]"}, {1266, "timetz"},
  {1560, "bit"},       {1562, "varbit"},      {1700, "numeric"},   {2249, "record"},    {2278, "void"},
  {2950, "uuid"},      {2951, "uuid[]"},      {3220, "pg_lsn"},    {3802, "jsonb"},     {3807, "jsonb[]"},
  {3904, "int4range"}, {3906, "numrange"},    {3908, "tsrange"},   {3910, "tstzrange"}, {3912, "daterange"},
  {3926, "int8range"}, {5069, "xid8"},
});

} // namespace

std::string server_type_name(std::uint32_t type) {
  const auto* found = std::find_if(names.begin(), names.end(), [type](const auto& x) { return x.first == type; });
  return found == names.end() ? "type " + std::to_string(type) : std::string{found->second};
}

} // namespace tripool
