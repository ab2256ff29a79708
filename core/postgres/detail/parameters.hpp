// Turns a statement's parameters into the arrays that libpq wants: text for plain ones, binary for bytes and for what
// codecs encoded.
// Reuses its buffers, so that a warm session sends without allocating. Knows nothing of sessions. Used by the session.
#pragma once

#include "tripool/core/statement/parameter.hpp"

#include <libpq-fe.h>

#include <span>
#include <vector>

namespace tripool::postgres {

/// The most parameters that one statement may have: the protocol counts them in 16 bits.
inline constexpr std::size_t parameters_max = 65535;

/// One statement's parameters in libpq's form. Texts and bytes are borrowed: valid as long as the encoded parameters
/// live and until the next `encode`.
class parameter_buffer {
public:
  /// Names of types are looked up in `known`, which may be null. Preconditions: at most `parameters_max`; no text holds
  /// a NUL byte (the server would refuse it, libpq would cut it); no parameter has a fault.
  void encode(std::span<const parameter> from, const type_catalogue* known);

  int count() const noexcept { return static_cast<int>(values_.size()); }
  /// Types by OID; 0 lets the server infer.
  const Oid* types() const noexcept { return types_.data(); }
  const char* const* values() const noexcept { return values_.data(); }
  const int* lengths() const noexcept { return lengths_.data(); }
  const int* formats() const noexcept { return formats_.data(); }

private:
  void add(Oid type, const char* value, std::size_t length, int format);
  void add_bytes(Oid type, const bytes& raw);

  std::vector<Oid> types_;
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
  std::vector<char> numbers_; // spelled-out numbers, one slot of fixed size a parameter
};

} // namespace tripool::postgres
