// A secret that cannot be printed, compared, serialised, inspected or copied by accident, that lives in memory of its
// own (ports/secret_memory.hpp), and that is wiped when it goes.
// Knows nothing of where secrets come from. Made by sources of credentials; read by the one dial that it is lent to.
#pragma once

#include "tripool/core/ports/secret_memory.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tripool {

/// Holds a secret text. Move-only. Wiped on destruction and when moved from. Not thread-safe.
class secret {
public:
  secret() = default;
  /// Takes the text over and wipes the source.
  explicit secret(std::string&& text);
  secret(const secret&) = delete;
  secret& operator=(const secret&) = delete;
  secret(secret&& other) noexcept;
  secret& operator=(secret&& other) noexcept;
  ~secret();

  /// A secret of bytes that somebody else holds, and wipes.
  static secret copy_of(std::string_view text);

  bool empty() const noexcept { return size_ == 0; }
  /// A copy for another holder: written out, so that copies can be found by searching for this name.
  secret duplicate() const;
  /// The text itself, for the client library only. The view is valid as long as this object; zero-terminated.
  const char* reveal() const noexcept { return bytes_ ? bytes_ : ""; }
  /// The same with its length, for checks and for scrubbing.
  std::string_view view() const noexcept { return {reveal(), size_}; }
  /// Whether both hold the same text; takes as long for one that differs in its first byte as for one that does not.
  bool same_as(const secret& other) const noexcept;

  // What must not compile. A secret is compared by `same_as`, shown by nobody, and no field of a message that travels.
  friend bool operator==(const secret&, const secret&) = delete;
  friend std::strong_ordering operator<=>(const secret&, const secret&) = delete;
  template <class Stream>
  friend Stream& operator<<(Stream&, const secret&) = delete;
  template <class Inspector>
  friend auto inspect(Inspector&, secret&) = delete;
  template <class Out>
  friend Out to_string(const secret&) = delete;

private:
  void hold(std::string_view text);
  void let_go() noexcept;

  char* bytes_ = nullptr;
  std::size_t size_ = 0;
  secret_memory* home_ = nullptr; ///< Where `bytes_` came from; null: ordinary memory.
};

/// Overwrites the text's bytes in a way that the compiler does not remove, and empties it.
void wipe(std::string& text) noexcept;
/// Overwrites bytes in the same way.
void wipe(char* at, std::size_t size) noexcept;

/// What a dial needs to authenticate. Without a password the client library may still find one by its own rules (a
/// passfile), or none may be needed.
struct credential {
  secret password;
  bool has_password = false;
  std::string user;             ///< The role to log in as, where the source names one; else the configured one.
  secret key_passphrase;        ///< Of the client certificate's key; empty: it has none.
  std::string source;           ///< Where it came from, for people: "password-file /run/secrets/db"; never the value.
  std::uint64_t generation = 0; ///< The number of the change that brought this secret.
  std::uint64_t as_of = 0;      ///< The newest change of any kind when it was lent.
};

/// Whether the server refused a dial for who it claims to be.
inline bool refuses_credential(std::string_view sqlstate) noexcept {
  return sqlstate == "28P01" || sqlstate == "28000";
}

} // namespace tripool
