// A secret that cannot be printed, compared or copied by accident, and that is wiped when it goes.
// Knows nothing of where secrets come from. Made by the credential carrier only; read by the one dial that it is lent
// to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tripool {

/// Holds a secret text. Move-only; no stream operator, no comparison, no conversion. Wiped on destruction and when
/// moved from. Not thread-safe.
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

  bool empty() const noexcept { return text_.empty(); }
  /// A copy for another holder: written out, so that copies can be found by searching for this name.
  secret duplicate() const;
  /// The text itself, for the client library only. The view is valid as long as this object; zero-terminated.
  const char* reveal() const noexcept { return text_.c_str(); }

private:
  void wipe() noexcept;
  std::string text_;
};

/// Overwrites the text's bytes in a way that the compiler does not remove, and empties it.
void wipe(std::string& text) noexcept;

/// What a dial needs to authenticate. Without a password the client library may still find one by its own rules (a
/// passfile), or none may be needed.
struct credential {
  secret password;
  bool has_password = false;
  std::string source; ///< Where it came from, for people: "password-file /run/secrets/db"; never the value.
  std::uint64_t generation = 0;
};

} // namespace tripool
