// The program around the actors: its configuration, the database behind Tripool, the store behind the port, and its
// commands. Everything here may block: it runs in main's thread.
// Used by main.cpp.
#pragma once

#include "rag/embedder.hpp"
#include "rag/port.hpp"
#include "rag/questions.hpp"

#include <tripool/actors/tripool.hpp>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace rag {

/// The program's own settings, beside Tripool's, in the one file that CAF reads.
class settings : public caf::actor_system_config {
public:
  settings();

  std::string manual;           ///< The folder with the manual's pages.
  std::string questions;        ///< The file of questions.
  std::string vectors = "auto"; ///< How they are kept: "auto", "plain" or "pgvector".
  std::size_t ingesters = 4;
  std::size_t askers = 2;
  std::size_t every = 1; ///< Of the manual: each so many-th page, and all that answer a question.
  double recall_min = 0; ///< `measure` fails when the fused ranking's recall is below this ...
  double rank_min = 0;   ///< ... or its mean reciprocal rank below this.
};

/// The running program.
class program {
public:
  /// Throws std::runtime_error for what is wrong with the settings.
  explicit program(settings& cfg);
  ~program();

  /// Each returns the exit code, and throws std::runtime_error when it cannot go on.
  int ingest();
  int ask(const std::string& text);
  int measure();
  int audit();
  int run();

private:
  /// Asks the store and waits.
  template <class Reply, class Message>
  Reply ask_store(Message x);
  void open();
  /// The embedder that the store's vectors were made with; made from `files` when there is none yet.
  std::shared_ptr<const embedder> vectors_for(const std::vector<std::string>& files);
  std::vector<std::string> files() const;
  int ingest_with(const std::shared_ptr<const embedder>& vectors, const std::vector<std::string>& files);
  int report(const struct ingested& done) const;

  settings& cfg_;
  caf::actor_system sys_;
  std::unique_ptr<tripool::instance> db_;
  caf::scoped_actor self_;
  caf::actor store_;
};

} // namespace rag
