// The adapter between the port and PostgreSQL: takes the port's messages, asks Tripool's delegate, and answers in the
// port's terms. Of the database side it knows SQL and the delegate's messages and outcomes; of pools, servers and
// failovers it knows nothing. Spawned by the program, one for all who ask.
#pragma once

#include "rag/port.hpp"

#include <tripool/actors/tripool.hpp>

#include <caf/actor.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/response_promise.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace rag {

struct writing; ///< A write that is not settled yet.
/// The adapter -> itself: the pause is over.
struct send_again {
  std::shared_ptr<writing> what;
};

/// The actor. Questions are answered within `question_time`. A write is sent again, with its token, until it is
/// settled or `patience` is over.
class rag_adapter final : public caf::event_based_actor {
public:
  static constexpr std::chrono::seconds question_time{10};
  static constexpr std::chrono::seconds write_time{15};
  static constexpr std::chrono::seconds patience{120};
  static constexpr std::size_t depth = 20; ///< So many passages of each ranking are fused.

  rag_adapter(caf::actor_config& cfg, caf::actor delegate);
  const char* name() const override { return "rag.adapter"; }
  caf::behavior make_behavior() override;

private:
  void open(const open_store& x, caf::response_promise to);
  void keep(const keep_model& x, caf::response_promise to);
  void store(const store_page& x, caf::response_promise to);
  void find(const find_passages& x, caf::response_promise to);
  void remove(const remove_pages& x, caf::response_promise to);
  void count(caf::response_promise to);
  void write(std::shared_ptr<writing> x);
  void failed(const std::shared_ptr<writing>& x, const tripool::failure& f);
  /// Asks for rows, and delivers what `make` makes of them.
  void read(tripool::statement what, caf::response_promise to,
            std::function<caf::message(const tripool::result&)> make);

  caf::actor delegate_;
  std::optional<tripool::wal_position> furnished_; ///< Of the log, when the store had all that questions need.
  bool by_pgvector_ = false;
  std::size_t dimensions_ = 0;
};

} // namespace rag

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rag::send_again)
