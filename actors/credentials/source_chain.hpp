// All sources of one credential in their order, asked one after the other until one has something. Blocks: runs on a
// helper thread. Knows nothing of caching or rotation. Used by the credential carrier.
#pragma once

#include "tripool/actors/credentials/client_key.hpp"
#include "tripool/actors/credentials/secret_store.hpp"
#include "tripool/actors/credentials/sources.hpp"
#include "tripool/core/config/options.hpp"
#include "tripool/core/credentials/credential_machine.hpp"

#include <memory>
#include <string>
#include <vector>

namespace tripool {

/// The sources, and the certificates that belong to the credential. Immutable; used by one thread at a time.
class source_chain {
public:
  /// For these pools, which share the credential: the first one's settings count.
  source_chain(const std::vector<const pool_options*>& pools, const secret_store& given);

  /// Asks. Never throws.
  fetch_result fetch() const noexcept;
  /// The names of the sources in their order, for people.
  std::string names() const;

private:
  fetch_result ask_all() const;
  /// Adds passphrase and certificates; returns what is wrong with them.
  std::string complete(credential_material& x) const;

  credential_subject whom_;
  std::vector<source_ptr> sources_;
  std::vector<client_certificate> certificates_;
  std::string passphrase_file_;
};

} // namespace tripool
