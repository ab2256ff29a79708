// The messages about credentials: what dials report to the carrier, what the carrier tells pools, and how an operator
// has the sources asked. Leases themselves: protocol.hpp. No message holds a secret.
// Used by carrier, connections, pools, monitor, delegate, and by callers that refresh.
#pragma once

#include "tripool/core/time.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tripool {

/// Connection -> carrier: the server accepted a dial with the secret of that generation. No reply.
struct credential_accepted_msg {
  std::size_t pool = 0;
  std::uint64_t generation = 0;
};

/// Connection -> carrier: the server refused it (28P01, 28000). No reply.
struct credential_refused_msg {
  std::size_t pool = 0;
  std::uint64_t generation = 0;
  std::string sqlstate;
};

/// Carrier -> pool, monitor and listener: dials use another secret from now on, or have one again. No reply.
struct credential_changed_msg {
  std::size_t pool = 0;
  std::uint64_t generation = 0; ///< The change's number; 0: the secret is the old one, only to be had again.
};

/// Anybody -> delegate -> carriers: ask the sources now, and tell what came of it. Reply: credentials_refreshed, when
/// all have answered. Errors: a failure, cause `unknown_pool`, for a pool that is not there, and `no_server` while the
/// carrier is being started again. Time limit: the sources' own (credential-command-timeout). What came of it is an
/// event too (kind `control`).
struct refresh_credentials {
  std::string pool; ///< Empty: all.
};

/// One credential after a refresh.
struct refreshed_credential {
  std::string pools; ///< Those that use it: "primary, backup".
  std::string source;
  bool changed = false;
  bool failed = false; ///< Its sources have none although they should.
  std::uint64_t generation = 0;
  std::string problem; ///< Of the sources that failed; may stand beside a secret that another one had.
};

/// The reply.
struct credentials_refreshed {
  std::vector<refreshed_credential> credentials;

  /// Whether some credential could not be had.
  bool failed() const noexcept {
    return std::any_of(credentials.begin(), credentials.end(), [](const auto& x) { return x.failed; });
  }
};

/// One sentence for people: "primary, backup: another secret, from password-file /run/secrets/db".
std::string to_string(const credentials_refreshed& x);

} // namespace tripool

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::credential_accepted_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::credential_refused_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::credential_changed_msg)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::refresh_credentials)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::refreshed_credential)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tripool::credentials_refreshed)
