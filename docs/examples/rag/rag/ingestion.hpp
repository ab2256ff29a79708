// Brings a manual into the store: one actor hands out pages and counts, several read, cut, embed and send them at the
// same time. A page whose content is stored already is left alone.
// Knows the port and the embedder, and no database. Spawned by the program.
#pragma once

#include "rag/embedder.hpp"
#include "rag/port.hpp"

#include <caf/actor.hpp>
#include <caf/event_based_actor.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace rag {

/// How far an ingestion is, or how it ended.
struct ingested {
  std::size_t pages = 0;             ///< Dealt with so far.
  std::size_t of = 0;                ///< To be dealt with.
  std::size_t stored = 0;            ///< Written now.
  std::size_t unchanged = 0;         ///< There already, with the same content.
  std::size_t settled = 0;           ///< Of those stored: found applied when they were sent again.
  std::size_t chunks = 0;            ///< Of the pages stored.
  std::vector<std::string> failed{}; ///< "page: why".
};

/// What is to be done, and with what.
struct ingestion_plan {
  std::filesystem::path folder;
  std::vector<std::string> files;
  std::map<std::string, std::string> stored; ///< Content hashes by page.
  std::shared_ptr<const embedder> vectors;
  std::string run;                               ///< A name that no other run has: tokens begin with it.
  std::size_t ingesters = 4;                     ///< At least 1.
  std::function<void(const ingested&)> progress; ///< Called after each page, by the coordinator.
};

/// A name for the content of a page as this embedder sees it.
std::string hash_of(const page& x, const embedder& vectors);

/// Owner -> ingestion, once. Reply: ingested, when all pages are dealt with; what failed is in it.
struct start_ingestion {};
/// Ingestion -> ingester. Reply: page_ingested. Errors: a refusal.
struct ingest_page {
  std::string file;
};
struct page_ingested {
  bool unchanged = false;
  bool settled = false;
  std::size_t chunks = 0;
};

/// The coordinator.
class ingestion final : public caf::event_based_actor {
public:
  ingestion(caf::actor_config& cfg, caf::actor store, ingestion_plan plan);
  const char* name() const override { return "rag.ingestion"; }
  caf::behavior make_behavior() override;
  void on_exit() override;

private:
  void hand_out(const caf::actor& to);
  void dealt_with(const caf::actor& by);

  caf::actor store_;
  std::shared_ptr<const ingestion_plan> plan_;
  std::vector<caf::actor> ingesters_;
  std::size_t next_ = 0;
  ingested sums_;
  caf::response_promise to_;
};

} // namespace rag

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rag::ingested)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rag::start_ingestion)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rag::ingest_page)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rag::page_ingested)
