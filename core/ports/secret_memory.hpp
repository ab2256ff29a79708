// The port to memory that is fit for secrets: core asks for room, and whoever runs core says where that is (pages that
// no core dump contains, see actors/credentials/secret_pages.hpp). Without an answer secrets live in ordinary memory.
// Knows nothing of what a secret is. Used by core/credentials/secret.hpp.
#pragma once

#include <cstddef>

namespace tripool {

/// Room for secrets. Thread-safe; lives until the process ends.
class secret_memory {
public:
  virtual ~secret_memory() = default;
  /// Returns room for `size` bytes, or null when there is none: then ordinary memory is used.
  virtual char* take(std::size_t size) noexcept = 0;
  /// Takes the room back; it has been wiped.
  virtual void give_back(char* at, std::size_t size) noexcept = 0;
};

/// Keeps all secrets that are made from now on in `home`, in the whole process. Thread-safe. Those that exist stay
/// where they are.
void keep_secrets_in(secret_memory& home) noexcept;

} // namespace tripool
