// What has changed between two configurations, key by key from the option table, and whether the new one can be put in
// force without a restart. Pure. Used by the delegate when the configuration is loaded again.
#pragma once

#include "tripool/core/config/options.hpp"
#include "tripool/core/outcome/failure.hpp"
#include "tripool/core/util/expected.hpp"

#include <string>
#include <vector>

namespace tripool {

/// One key whose value differs.
struct changed_key {
  std::string key; ///< "pools.primary.connections-max"
  std::string before;
  std::string after;
};

/// All of them, in the order of the reference. Texts are shown as they are: secrets are not among the options.
std::vector<changed_key> changed_keys(const options& before, const options& after);

/// The changes, or why they need a restart: pools that came, went or changed places, keys that are read only once, and
/// those of pools where the simple pool alone serves.
expected<std::vector<changed_key>, failure> check_reload(const options& before, const options& after);

} // namespace tripool
