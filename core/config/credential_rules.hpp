// What holds between the keys that say where a password is: the order of the sources, the words of a command, pools
// that share a credential. Pure. Used by assemble.hpp and by the chain of sources.
#pragma once

#include "tripool/core/config/options.hpp"

#include <string>
#include <vector>

namespace tripool {

/// The sources in the order in which they are asked, by the words of `credential-sources`; the default order when it is
/// empty.
std::vector<std::string> credential_order(const credential_options& x);

/// What is wrong with one key.
struct credential_complaint {
  std::string key;
  std::string value; ///< Empty where it may be a secret.
  std::string message;
};

/// Checks the keys of one pool.
std::vector<credential_complaint> check_credentials(const pool_options& pool);

/// Checks that pools with the same `credential` say the same about it; returns the pools that do not, with what to do.
std::vector<std::pair<std::string, credential_complaint>>
check_shared_credentials(const std::vector<pool_options>& pools);

} // namespace tripool
