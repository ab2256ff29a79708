// The small shop that the demonstration keeps in the database: its tables, and the statements on them.
// No table forbids a row to be there twice: a request that was carried out twice shall be found, not prevented.
// Knows nothing of who sends the statements. Used by the callers and by the audit.
#pragma once

#include "tripool/core/result/result.hpp"
#include "tripool/core/statement/statement.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace tripool::demo {

/// How many orders and articles are there before the first caller.
inline constexpr std::int64_t old_orders = 5000;
inline constexpr std::int64_t articles = 1000;

/// Makes the tables and fills them, as one transaction.
batch make_tables();

/// Reads one of the old orders, 1 to `old_orders`.
statement read_order(std::int64_t id);

/// What a read told.
struct read_answer {
  std::uint16_t port = 0; ///< Of the server that answered.
  bool right = false;     ///< It is the order that was stored.
};

/// Judges the answer of `read_order`.
read_answer judge_read(std::int64_t id, const result& r);

/// Stores a new order.
statement place_order(std::int64_t key, std::int64_t customer);

/// Stores a new order with one line, and adds to what was sold of the article: one transaction.
batch place_order_with_line(std::int64_t key, std::int64_t customer, std::int64_t article, std::int64_t quantity);

/// What is stored under one key.
struct found_order {
  std::int64_t key = 0;
  std::int64_t orders = 0;
  std::int64_t lines = 0;
  friend bool operator==(const found_order&, const found_order&) = default;
};

/// Asks what is stored under the keys from `first` to `last`, both included. Goes where writes go.
statement find_orders(std::int64_t first, std::int64_t last);
/// Reads its answer; nothing when it is not one.
std::optional<std::vector<found_order>> read_found(const result& r);

/// Asks for how many articles the lines and the sales disagree, and who answers. Goes where writes go.
statement compare_sales();
/// Its answer.
struct sales_answer {
  std::int64_t disagreeing = 0;
  std::uint16_t port = 0;
};
std::optional<sales_answer> read_sales(const result& r);

} // namespace tripool::demo
