// Keeps asking all questions, round after round, until it is told that the present round is the last: the readers of a
// busy service. Counts what comes of it.
// Knows the port and the embedder, and no database. Spawned by the program.
#pragma once

#include "rag/embedder.hpp"
#include "rag/port.hpp"
#include "rag/questions.hpp"

#include <caf/actor.hpp>
#include <caf/event_based_actor.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace rag {

/// What came of the questions.
struct asked {
  std::size_t questions = 0;
  std::size_t answered = 0;
  std::size_t refused = 0;
  std::size_t found = 0; ///< Of those answered in the last round: the answer was among the first five passages.
  std::size_t last_round = 0;
  std::chrono::nanoseconds slowest{0}; ///< Until an answer or a refusal.
  std::map<std::string, std::size_t> refusals{};
};

/// Owner -> asking: ask all questions once more, then end. Reply: asked.
struct last_round {};

/// The asker. It begins to ask at once.
class asking final : public caf::event_based_actor {
public:
  /// `at_once` questions are under way at a time. `progress` is called with the sums after each answer.
  asking(caf::actor_config& cfg, caf::actor store, std::vector<question> questions,
         std::shared_ptr<const embedder> vectors, std::size_t at_once, std::function<void(const asked&)> progress);
  const char* name() const override { return "rag.asking"; }
  caf::behavior make_behavior() override;
  void on_exit() override;

private:
  void ask();
  void ended(std::chrono::steady_clock::time_point since);

  caf::actor store_;
  std::vector<question> questions_;
  std::shared_ptr<const embedder> vectors_;
  std::size_t at_once_;
  std::function<void(const asked&)> progress_;
  std::size_t next_ = 0;
  std::size_t under_way_ = 0;
  std::size_t left_ = 0; ///< In the last round: not asked yet.
  bool last_ = false;
  asked sums_;
  caf::response_promise to_;
};

} // namespace rag

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rag::asked)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rag::last_round)
