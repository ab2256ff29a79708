// Looking types up by name and OID, and reading them from pg_type's rows.
#include "tripool/core/codec/type_catalogue.hpp"

#include "tripool/core/codec/server_type.hpp"
#include "tripool/core/result/row.hpp"

#include <utility>

namespace tripool {

// The first OID that initdb does not assign is 16384: what lies below is the same in every database.
const std::string_view type_catalogue_text =
  "select t.oid::int8, n.nspname::text, t.typname::text, t.typtype::text, pg_catalog.pg_type_is_visible(t.oid),"
  " case when t.typcategory = 'A' then t.typelem::int8 else 0 end, t.typarray::int8, t.typbasetype::int8"
  " from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace"
  " where t.oid >= 16384 and t.typisdefined and n.nspname not like 'pg\\_%' order by t.oid limit 100000";

namespace {

constexpr std::string_view array_suffix = "[]";

} // namespace

type_catalogue::type_catalogue(std::vector<catalogue_entry> entries) : entries_(std::move(entries)) {
  by_oid_.reserve(entries_.size());
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto& x = entries_[i];
    by_oid_.emplace(x.oid, i);
    by_name_.emplace(x.schema + "." + x.name, i);
    if (x.visible) by_name_.emplace(x.name, i);
  }
}

const catalogue_entry* type_catalogue::find(std::uint32_t oid) const noexcept {
  const auto i = by_oid_.find(oid);
  return i == by_oid_.end() ? nullptr : &entries_[i->second];
}

const catalogue_entry* type_catalogue::find_name(std::string_view name) const {
  const auto i = by_name_.find(std::string{name});
  return i == by_name_.end() ? nullptr : &entries_[i->second];
}

std::uint32_t type_catalogue::oid_of(std::string_view name) const {
  if (name.ends_with(array_suffix)) {
    const auto* element = find_name(name.substr(0, name.size() - array_suffix.size()));
    return element ? element->array : 0;
  }
  const auto* x = find_name(name);
  return x ? x->oid : 0;
}

std::uint32_t type_catalogue::base_of(std::uint32_t oid) const noexcept {
  // A domain may restrict another one; the catalogue forbids circles, a damaged answer does not.
  for (std::size_t steps = 0; steps < entries_.size(); ++steps) {
    const auto* x = find(oid);
    if (!x || x->what != catalogue_entry::kind::domain) return oid;
    oid = x->base;
  }
  return oid;
}

std::string type_catalogue::name_of(std::uint32_t oid) const {
  const auto* x = find(oid);
  if (!x) return {};
  if (x->element != 0) {
    if (const auto* element = find(x->element); element && element->element == 0)
      return name_of(x->element) + std::string{array_suffix};
  }
  return x->visible ? x->name : x->schema + "." + x->name;
}

bool has_unknown_type(const result& rows, const type_catalogue* known) noexcept {
  for (std::size_t i = 0; i < rows.columns(); ++i) {
    const auto type = rows.column_type(i);
    if (type >= server_type::first_user_defined && !(known && known->find(type))) return true;
  }
  return false;
}

decoded<type_catalogue> read_type_catalogue(const result& rows) {
  using row_type =
    std::tuple<std::uint32_t, std::string, std::string, std::string, bool, std::uint32_t, std::uint32_t, std::uint32_t>;
  std::vector<catalogue_entry> out;
  out.reserve(rows.size());
  for (const row r : rows) {
    auto x = r.as<row_type>();
    if (!x) return unexpected{std::move(x).error()};
    auto& [oid, schema, name, what, visible, element, array, base] = *x;
    if (what.size() != 1) return unexpected{decode_error{"typtype of pg_type is not one letter"}};
    out.push_back({oid, std::move(schema), std::move(name), static_cast<catalogue_entry::kind>(what[0]), visible,
                   element, array, base});
  }
  return type_catalogue{std::move(out)};
}

} // namespace tripool
