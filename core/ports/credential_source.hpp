// The port to where secrets come from. Tripool brings sources for files, the environment, mounted secrets, systemd and
// commands (actors/credentials); an embedding application adds its own by implementing this one class and putting it
// into instance_parts::credential_sources.
// Knows nothing of pools, caching or rotation: a source is asked, and answers. Used by the credential carrier.
#pragma once

#include "tripool/core/credentials/secret.hpp"
#include "tripool/core/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace tripool {

/// Whom a credential is wanted for.
struct credential_subject {
  std::string pool; ///< The first of those that share the credential.
  std::string host;
  std::uint16_t port = 5432;
  std::string dbname;
  std::string user;
};

/// What a source found.
struct credential_material {
  secret password;
  secret key_passphrase;             ///< Of the client certificate's key.
  std::string user;                  ///< The role that the password belongs to; empty: the configured one.
  std::optional<duration> valid_for; ///< From now on; nothing: it does not expire.
  std::string certificate_mark;      ///< Which files the client certificate was at; a change of it is a rotation.

  /// Whether a server would see no difference.
  bool same_as(const credential_material& x) const noexcept {
    return password.same_as(x.password) && key_passphrase.same_as(x.key_passphrase) && user == x.user
           && certificate_mark == x.certificate_mark;
  }
};

/// What a source says.
struct source_answer {
  enum class kind : std::uint8_t {
    found,
    nothing, ///< It has none for this subject; the next source is asked.
    failed,  ///< It should have one; the next source is asked all the same, and the problem is shown.
  };
  kind what = kind::nothing;
  credential_material found;
  std::string problem; ///< For people: what to do; never any part of a secret.

  static source_answer none() { return {}; }
  static source_answer failure(std::string why) { return {kind::failed, {}, std::move(why)}; }
  static source_answer of(credential_material x) { return {kind::found, std::move(x), {}}; }
};

/// How a source may be asked.
enum class source_pace : std::uint8_t {
  fixed,  ///< It cannot change while the process lives: asked at each dial, and not in between.
  cheap,  ///< Asked at each dial, and every now and then to notice a change.
  costly, ///< Asked when there is nothing, before an expiry, after a refusal and on request.
};

/// One place where secrets come from. Called on helper threads, one call at a time for each credential, and allowed to
/// block for seconds; it must come to an end by itself. An exception counts as a failure, and its text is not shown.
class credential_source {
public:
  virtual ~credential_source() = default;
  /// For people and status pages: "password-file /run/secrets/db". Never any part of a secret.
  virtual std::string name() const = 0;
  virtual source_pace pace() const { return source_pace::cheap; }
  virtual source_answer fetch(const credential_subject& whom) = 0;
};

} // namespace tripool
