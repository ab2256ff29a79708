// What is kept for the credential carrier over its restarts: secrets and sources that an application handed over at the
// start, and what the carrier before knew - the present and the last known good secret. Nobody else reads it; it cannot
// be printed, and its secrets stand in memory of their own (core/credentials/secret.hpp) until the service ends.
// Used by instance, delegate, manager and carrier.
#pragma once

#include "tripool/core/credentials/credential_machine.hpp"
#include "tripool/core/credentials/secret.hpp"
#include "tripool/core/ports/credential_source.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace tripool {

/// What stood in the configuration itself, the application's own sources, and the carrier's memory. Thread-safe.
class secret_store {
public:
  secret_store() = default;
  explicit secret_store(std::map<std::string, secret> by_pool,
                        std::vector<std::shared_ptr<credential_source>> sources = {})
    : by_pool_(std::move(by_pool)), sources_(std::move(sources)) {}

  /// A copy of the pool's secret; empty when there is none.
  secret find(const std::string& pool) const {
    const auto i = by_pool_.find(pool);
    return i == by_pool_.end() ? secret{} : i->second.duplicate();
  }
  const std::vector<std::shared_ptr<credential_source>>& sources() const noexcept { return sources_; }

  /// What a carrier knows of the credential of that name, for the carrier after it; replaces what was kept before.
  void keep(const std::string& name, credential_memory x) const {
    const std::lock_guard guard{mutex_};
    kept_[name] = std::move(x);
  }
  credential_memory kept(const std::string& name) const {
    const std::lock_guard guard{mutex_};
    const auto i = kept_.find(name);
    return i == kept_.end() ? credential_memory{} : i->second;
  }

private:
  std::map<std::string, secret> by_pool_;
  std::vector<std::shared_ptr<credential_source>> sources_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, credential_memory> kept_;
};

} // namespace tripool
