// The callers of a history: what they ask, take back and ask again, and how they die.
// Knows no actor's inside. Used by the simulation.
#pragma once

#include "tests/simulation/stage.hpp"

#include "tripool/core/statement/wal_position.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tripool::test {

/// The callers.
class asker {
public:
  explicit asker(stage& s);
  asker(const asker&) = delete;
  asker& operator=(const asker&) = delete;
  ~asker();

  /// Something is asked.
  void ask();
  /// A plain write; returns it.
  deed_ptr write(std::chrono::milliseconds timeout);
  deed_ptr read(std::string key, std::chrono::milliseconds timeout);
  /// More at once than all limits together hold, while no server answers. Nobody may wait beyond the limits. Returns
  /// them; none: there would have to be too many.
  std::vector<deed_ptr> burst(std::chrono::milliseconds at_least, std::chrono::milliseconds at_most);
  /// Writes that are looked up when their answer is lost.
  void ask_resolved();
  void notify();
  /// A caller dies: what it asked may take effect, but nobody is owed an answer.
  void die();
  /// All of them end.
  void end();

private:
  struct caller {
    caf::actor who;
    std::vector<deed_ptr> asked;
  };

  caller& any() { return callers_[static_cast<std::size_t>(s_.pick(callers_.size()))]; }
  deed_ptr send(statement x, deed d);
  deed_ptr send(batch x, deed d);
  statement insert(deed& d);
  urgency some_urgency();
  std::chrono::milliseconds timeout() { return s_.chance(15) ? std::chrono::milliseconds{0} : s_.ms(20, 5000); }
  void ask_batch();
  void ask_with_token();
  void ask_again();
  void ask_list();
  void ask_position();
  void ask_by_position();
  void take_back();

  stage& s_;
  std::vector<caller> callers_;
  std::vector<std::pair<caf::actor, std::uint64_t>> cancellable_;        ///< Who asked, by which key.
  std::vector<std::pair<std::string, wal_position>> positions_;          ///< Keys, and where their writes stand.
  std::vector<std::pair<std::string, std::vector<std::string>>> doubts_; ///< Tokens in doubt, and their texts.
  std::uint64_t cancel_keys_ = 0;
};

} // namespace tripool::test
