// The book of what was asked, what was told and what the servers know of it. Each answer and each commit is judged at
// the moment when it comes; what only the end can show is judged there.
// Knows the world's servers and clock, and no actor's inside. Used by all parts of the simulation.
#pragma once

#include "tests/actors/actor_world.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace tripool::test {

/// Something that was asked, and what came of it.
struct deed {
  std::string what{};               ///< For the history.
  std::vector<std::string> texts{}; ///< The writes that are compared with the servers' ledgers.
  access mode = access::write;
  bool repeatable = false;
  urgency priority = urgency::normal;
  std::string token{};
  bool again = false;       ///< A write with a token that is sent once more: its first sending may have been applied.
  bool commit_asked = true; ///< False: an open transaction; nothing of it may be committed yet.
  bool orphan = false;      ///< Whoever asked is dead: nobody is owed an answer.
  std::string must_see{};   ///< A read by position: the key that it must find.
  time_point asked{};
  time_point deadline{};
  int answers = 0; ///< Other than 1 in the end is a broken promise.
  time_point at{}; ///< Of the answer.
  std::optional<std::vector<result>> done{};
  std::optional<failure> failed{};
  std::function<void(deed&)> then{}; ///< Called once it is answered and judged.

  bool is(outcome x) const noexcept { return x == outcome::done ? done.has_value() : failed && failed->kind == x; }
  std::string text() const;
};

using deed_ptr = std::shared_ptr<deed>;

/// A promotion: what `old` has committed beyond `fork` transactions is not in the history that goes on.
struct era {
  std::size_t old = 0;
  std::size_t now = 0;
  std::size_t fork = 0;
  time_point promoted_at{};
  std::optional<time_point> fenced_at{}; ///< Since when Tripool demonstrably knows the new primary.
  bool over = false;                     ///< `old` has become a standby again.
  std::set<std::string> lost{};          ///< The keys that only `old` had, once it is over.
};

/// The book.
class account {
public:
  using complaints = std::function<void(const std::string&)>;
  account(actor_world& w, bool synchronous, complaints to);
  account(const account&) = delete;
  account& operator=(const account&) = delete;

  /// Enters something that is asked now, with `timeout` as its caller sent it.
  deed_ptr open(deed x, std::chrono::milliseconds timeout);
  /// Adds a text to an open transaction.
  void add(const deed_ptr& to, const std::string& text);
  /// A deed that nobody was owed an answer to is owed one from now on.
  void owe(const deed_ptr& x, std::chrono::milliseconds timeout);
  /// What was rolled back to a savepoint: it may never be committed.
  void forbid(const std::string& text) { forbidden_.insert(text); }
  void told(deed& x, std::vector<result> rows);
  void told(deed& x, failure why);

  /// Whether the resilient part serves, which compares servers, from now on.
  void watched_over(bool x) noexcept { watched_over_ = x; }
  void promoted(std::size_t old, std::size_t now, std::size_t fork);
  /// `server` is about to become a standby again.
  void rejoins(std::size_t server);

  /// Looks for answers that are overdue.
  void look();
  /// Compares with the history that survives, on `leader`, when all has come to rest.
  void look_at_the_end(std::size_t leader);
  const std::vector<deed_ptr>& all() const noexcept { return all_; }
  /// How many deeds are still unanswered.
  std::size_t unanswered() const noexcept { return open_.size(); }
  std::size_t lost_by_server() const noexcept { return lost_by_server_; }
  /// When a text was committed first, on the server named; nothing: it was not.
  std::optional<time_point> committed_at(const std::string& text, std::size_t server) const;

private:
  struct commits {
    std::array<std::uint32_t, 3> count{};
    std::array<time_point, 3> first{};
    std::uint32_t sum() const noexcept { return count[0] + count[1] + count[2]; }
  };

  void committed(std::size_t server, const std::string& text);
  void answered(deed& x);
  void judge(const deed& x);
  void note_fence(const deed& x);
  std::uint32_t times(const std::string& text) const;
  bool was_lost(const std::string& key, time_point asked);
  std::set<std::string> lost_in(const era& e);
  void look_at_write(const deed& x, std::size_t leader);

  actor_world& world_;
  bool synchronous_;
  complaints broken_;
  std::vector<deed_ptr> all_;
  std::vector<deed_ptr> open_;
  std::unordered_map<std::string, deed_ptr> by_text_;
  std::unordered_map<std::string, commits> commits_;
  std::set<std::string> forbidden_;
  std::vector<era> eras_;
  std::size_t lost_by_server_ = 0;
  bool watched_over_ = true;
};

} // namespace tripool::test
