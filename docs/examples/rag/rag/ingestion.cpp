// The coordinator and its ingesters.
#include "rag/ingestion.hpp"

#include "rag/manual.hpp"

#include <xxhash.h>

#include <cstdio>
#include <exception>
#include <utility>

namespace rag {

namespace {

/// Reads, cuts and embeds one page at a time, and sends it to the store.
class ingester final : public caf::event_based_actor {
public:
  ingester(caf::actor_config& cfg, caf::actor store, std::shared_ptr<const ingestion_plan> plan)
    : caf::event_based_actor(cfg), store_(std::move(store)), plan_(std::move(plan)) {}
  const char* name() const override { return "rag.ingester"; }

  caf::behavior make_behavior() override {
    return {[this](const ingest_page& x) { ingest(x.file, make_response_promise()); }};
  }

private:
  void ingest(const std::string& file, caf::response_promise to) {
    store_page x;
    try {
      x.what = load_page(plan_->folder, file);
    } catch (const std::exception& e) {
      return to.deliver(make_error(refusal{e.what(), false}));
    }
    x.hash = hash_of(x.what, *plan_->vectors);
    const auto known = plan_->stored.find(file);
    if (known != plan_->stored.end() && known->second == x.hash) return to.deliver(page_ingested{true, false, 0});
    for (const auto& c : x.what.chunks) {
      const auto v = plan_->vectors->embed(text_of(c));
      x.vectors.insert(x.vectors.end(), v.begin(), v.end());
    }
    x.token = plan_->run + "/" + file;
    const auto chunks = x.what.chunks.size();
    request(store_, answer_limit, std::move(x))
      .then(
        [to, chunks](const page_stored& stored) mutable {
          to.deliver(page_ingested{false, stored.again, chunks});
        },
        [to](const caf::error& e) mutable { to.deliver(e); });
  }

  caf::actor store_;
  std::shared_ptr<const ingestion_plan> plan_;
};

} // namespace

std::string hash_of(const page& x, const embedder& vectors) {
  std::string all = vectors.name();
  const auto add = [&all](const std::string& part) { all.append(1, '\0').append(part); };
  add(x.title);
  for (const auto& c : x.chunks) {
    add(c.anchor);
    add(c.path);
    add(c.body);
  }
  const auto hash = XXH3_128bits(all.data(), all.size());
  char out[33];
  std::snprintf(out, sizeof out, "%016llx%016llx", static_cast<unsigned long long>(hash.high64),
                static_cast<unsigned long long>(hash.low64));
  return out;
}

ingestion::ingestion(caf::actor_config& cfg, caf::actor store, ingestion_plan plan)
  : caf::event_based_actor(cfg),
    store_(std::move(store)),
    plan_(std::make_shared<const ingestion_plan>(std::move(plan))) {}

caf::behavior ingestion::make_behavior() {
  return {[this](start_ingestion) {
    to_ = make_response_promise();
    sums_.of = plan_->files.size();
    if (sums_.of == 0) {
      to_.deliver(sums_);
      return quit();
    }
    for (std::size_t i = 0; i < plan_->ingesters && i < sums_.of; ++i)
      hand_out(ingesters_.emplace_back(spawn<ingester>(store_, plan_)));
  }};
}

void ingestion::hand_out(const caf::actor& to) {
  if (next_ == plan_->files.size()) return;
  const auto& file = plan_->files[next_++];
  request(to, caf::infinite, ingest_page{file})
    .then(
      [this, to](const page_ingested& x) {
        ++(x.unchanged ? sums_.unchanged : sums_.stored);
        if (x.settled) ++sums_.settled;
        sums_.chunks += x.chunks;
        dealt_with(to);
      },
      [this, to, file](const caf::error& e) {
        sums_.failed.push_back(file + ": " + refusal_of(e).text);
        dealt_with(to);
      });
}

void ingestion::dealt_with(const caf::actor& by) {
  ++sums_.pages;
  if (plan_->progress) plan_->progress(sums_);
  if (sums_.pages < sums_.of) return hand_out(by);
  to_.deliver(sums_);
  quit();
}

/// CAF 0.17 drops the promises of an actor that ends: whoever waits for one would wait for ever. And it keeps an actor
/// that nobody holds alive until the last time limit of its requests is over: so the ingesters are told to end.
void ingestion::on_exit() {
  for (const auto& x : std::exchange(ingesters_, {})) send_exit(x, caf::exit_reason::user_shutdown);
  if (to_.pending()) to_.deliver(make_error(refusal{"the ingestion has ended before it was done", true}));
}

} // namespace rag
