// Which statements one connection has prepared on its server, by text and stated parameter types: a bounded cache,
// least recently used first out.
// A text is sent unprepared the first time and prepared at its second use, so that one-off statements cost nothing.
// Knows nothing of the wire. Used by the pipeline machine, one cache a connection.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tripool {

/// What to do with a text that is about to be sent.
struct statement_plan {
  enum class action : std::uint8_t {
    unnamed,      ///< Send it as the unnamed statement.
    prepare,      ///< Prepare it under `name` first, then run it by name.
    run_prepared, ///< Run it by name.
  };
  action what = action::unnamed;
  const std::string* name = nullptr; ///< Valid until the entry leaves the cache; copied by the session's calls.
};

/// The cache. Not thread-safe.
class statement_cache {
public:
  /// The types that a statement's parameters state (see stated_types); empty when none does.
  using types_view = std::span<const std::uint32_t>;

  /// `capacity` 0 switches preparing off.
  explicit statement_cache(std::size_t capacity) : capacity_(capacity) {}

  /// Decides how to send the text and counts the use. A `prepare` makes the text count as prepared from now on: report
  /// back with `drop` if it failed. An evicted name is returned by `take_evicted` and must be closed on the server.
  statement_plan plan(const std::string& text, types_view types = {});
  /// The name that a text is prepared under at present, or null.
  const std::string* find(const std::string& text, types_view types = {}) const;
  /// Whether some text is prepared under that name at present.
  bool has_name(const std::string& name) const;
  /// Forgets a text, whatever its types, for example because its plan became invalid. Its names must be closed on the
  /// server: `take_evicted` returns them.
  void drop(const std::string& text);
  /// Forgets the text prepared under that name, if it is still there: its preparation failed on the server.
  void drop_name(const std::string& name);
  /// The next name that must be closed on the server because it was evicted.
  std::optional<std::string> take_evicted();
  /// Puts a name back on the list of those to be closed: the server skipped the close.
  void close_again(std::string name) { evicted_.push_back(std::move(name)); }
  void clear();

  std::size_t prepared() const noexcept { return prepared_; }
  std::uint64_t hits() const noexcept { return hits_; }
  std::uint64_t misses() const noexcept { return misses_; }

private:
  struct entry {
    std::string text;
    std::vector<std::uint32_t> types;
    std::string name; ///< Empty: seen once, not prepared.
  };
  using entries = std::list<entry>; ///< Most recently used first.
  struct key {
    std::string_view text;
    types_view types;
    bool operator==(const key& other) const noexcept;
  };
  struct key_hash {
    std::size_t operator()(const key& x) const noexcept;
  };

  void shrink();

  std::size_t capacity_;
  entries entries_;
  std::unordered_map<key, entries::iterator, key_hash> by_key_; ///< Keys point into the entries.
  std::list<std::string> evicted_;
  std::size_t prepared_ = 0;
  std::uint64_t next_name_ = 0;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
};

} // namespace tripool
