// The pool actor's look at its database's own types: an ordinary read of the service itself, through the pool's queue.
#include "tripool/actors/pool.hpp"
#include "tripool/core/statement/statement.hpp"

#include <memory>
#include <string>
#include <utility>

namespace tripool {

namespace {

constexpr duration load_limit = std::chrono::seconds{10};

/// Takes pg_type's rows to the cache, on whatever thread they arrive.
class types_responder final : public responder {
public:
  types_responder(std::shared_ptr<type_cache> to, std::shared_ptr<spdlog::logger> log, std::string pool)
    : to_(std::move(to)), log_(std::move(log)), pool_(std::move(pool)) {}

  void done(reply x) override {
    auto types = x.results.empty() ? decoded<type_catalogue>{type_catalogue{}} : read_type_catalogue(x.results.front());
    if (!types) return fail(types.error().message);
    to_->publish(std::make_shared<const type_catalogue>(std::move(*types)));
  }
  void failed(failure x) override { fail(x.message); }

private:
  void fail(const std::string& why) {
    log_->debug("pool {}: its database's types are not known: {}", pool_, why);
    to_->failed();
  }

  std::shared_ptr<type_cache> to_;
  std::shared_ptr<spdlog::logger> log_;
  std::string pool_;
};

} // namespace

void pool::load_types_if_wanted() {
  if (!env_->load_types || !opened_) return;
  const auto& cache = env_->types[index_];
  const auto t = now();
  if (!cache->claim(t)) return;
  statement s;
  s.text = type_catalogue_text;
  s.mode = access::read;
  s.pool = limits().name;
  auto to = std::make_unique<types_responder>(cache, env_->log, limits().name);
  auto r = std::make_shared<tripool::request>(std::move(s), std::move(to), t, t + load_limit);
  r->set_id(++env_->next_request);
  machine_.submit(std::move(r), t, effects_);
}

} // namespace tripool
