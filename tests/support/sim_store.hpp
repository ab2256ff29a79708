// What the simulated server keeps: the rows, the log of committed transactions that standbys replay, and a ledger of
// every statement that ran, so that a test can compare what callers were told with what happened.
// Knows nothing of sessions. Used by the simulated server and by tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tripool::test {

/// One change to the rows.
struct sim_write {
  enum class kind : std::uint8_t { insert, update, remove };
  kind what = kind::insert;
  std::string key;
  std::string value;
};

/// Rows by key, and the committed transactions that made them.
class sim_store {
public:
  using rows = std::vector<std::string>;
  using transaction = std::vector<sim_write>;

  const rows& at(const std::string& key) const;
  /// Commits a transaction. Empty ones leave no trace.
  void commit(const transaction& x);
  /// What the rows of a key would be after these changes.
  rows preview(const std::string& key, const transaction& x) const;
  /// Replays the log of another store up to `count` transactions; both must have begun alike.
  void replay_from(const sim_store& other, std::size_t count);
  const std::vector<transaction>& log() const noexcept { return log_; }
  /// The keys that it has written in the transactions from `from` on.
  std::vector<std::string> keys_since(std::size_t from) const;

private:
  static void apply(rows& to, const sim_write& x);

  std::map<std::string, rows> rows_;
  std::vector<transaction> log_;
};

/// One statement that ran on a server, by its bound text.
struct sim_execution {
  enum class end : std::uint8_t { open, committed, rolled_back };
  std::string text;
  std::int32_t backend_pid = 0;
  bool wrote = false;
  end now = end::open;
};

/// Everything that ran, in its order.
class sim_ledger {
public:
  /// Called at each change of an entry, with the entry as it is now.
  using watcher = std::function<void(const sim_execution&)>;
  void watch(watcher x) { watcher_ = std::move(x); }
  /// Returns the entry's position, for `settle`.
  std::size_t ran(std::string text, std::int32_t backend_pid, bool wrote);
  void settle(std::size_t at, sim_execution::end how);
  const std::vector<sim_execution>& entries() const noexcept { return entries_; }
  /// How often a text ran to its end, whatever became of it.
  std::size_t executed(std::string_view text) const;
  std::size_t committed(std::string_view text) const;
  /// The texts committed, in the order in which they ran.
  std::vector<std::string> commits() const;

private:
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view x) const noexcept { return std::hash<std::string_view>{}(x); }
  };
  struct tally {
    std::size_t executed = 0;
    std::size_t committed = 0;
  };

  std::vector<sim_execution> entries_;
  std::unordered_map<std::string, tally, text_hash, std::equal_to<>> tallies_; ///< By text.
  watcher watcher_;
};

} // namespace tripool::test
