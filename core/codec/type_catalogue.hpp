// The types that a database defines itself (enums, composites, domains, those of extensions, and arrays of all these):
// their OIDs differ from database to database, so that they are found by name. A snapshot of pg_type, immutable and
// shared; a newer one replaces it whole.
// Knows nothing of connections. Used by sessions, parameters and decoders; loaded by the pools.
#pragma once

#include "tripool/core/codec/decode_error.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tripool {

class result;

/// One type of a database.
struct catalogue_entry {
  enum class kind : char {
    base = 'b',
    composite = 'c',
    domain = 'd',
    enumeration = 'e',
    pseudo = 'p',
    range = 'r',
    multirange = 'm',
  };
  std::uint32_t oid = 0;
  std::string schema;
  std::string name;
  kind what = kind::base;
  bool visible = false;      ///< Found without its schema, by the search path of the service's user.
  std::uint32_t element = 0; ///< Of an array: its element's type. Else 0.
  std::uint32_t array = 0;   ///< The type of arrays of it, or 0.
  std::uint32_t base = 0;    ///< Of a domain: the type that it restricts, which may be a domain again. Else 0.
};

/// The snapshot. Immutable after construction, so that reading it is thread-safe.
class type_catalogue {
public:
  type_catalogue() = default;
  explicit type_catalogue(std::vector<catalogue_entry> entries);

  /// Null when the OID is not in the snapshot, as those of built-in types.
  const catalogue_entry* find(std::uint32_t oid) const noexcept;
  /// The OID for "mood", "public.mood" or "mood[]"; 0 when there is none. Names are compared as they are stored: what
  /// was created without quotes is in lower case.
  std::uint32_t oid_of(std::string_view name) const;
  /// What a domain is made of, at the bottom; other types are themselves.
  std::uint32_t base_of(std::uint32_t oid) const noexcept;
  /// "public.mood", "mood" or "mood[]" for people; empty when not known.
  std::string name_of(std::uint32_t oid) const;
  std::size_t size() const noexcept { return entries_.size(); }

private:
  const catalogue_entry* find_name(std::string_view name) const;

  std::vector<catalogue_entry> entries_;
  std::unordered_map<std::uint32_t, std::size_t> by_oid_;
  std::unordered_map<std::string, std::size_t> by_name_; ///< By "schema.name" and, where visible, by "name".
};

/// What is asked of pg_type: one row for each type that is not built in, in binary.
extern const std::string_view type_catalogue_text;

/// Reads the answer to `type_catalogue_text`.
decoded<type_catalogue> read_type_catalogue(const result& rows);

/// Whether a column's type is neither built in nor in `known`, which may be null.
bool has_unknown_type(const result& rows, const type_catalogue* known) noexcept;

} // namespace tripool
