// Results: column lookup, the count in a command tag, and the result data that owns its bytes.
#include "tripool/core/result/result.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <utility>

namespace tripool {

std::string_view to_string(application x) noexcept {
  switch (x) {
    case application::plain: return "plain";
    case application::applied: return "applied";
    case application::already_applied: return "already_applied";
  }
  return "unknown";
}

cell_view result_data::cell_at(std::size_t row, std::size_t column) const noexcept {
  return {value(row, column), column_type(column), column_format(column), types()};
}

std::string_view result_data::bytes_at(std::size_t row, std::size_t column) const noexcept {
  const auto x = value(row, column);
  if (!x) return {};
  return x->data() ? *x : std::string_view{""};
}

std::optional<std::size_t> result::find_column(std::string_view name) const noexcept {
  for (std::size_t i = 0; i < columns(); ++i) {
    if (data_->column_name(i) == name) return i;
  }
  return std::nullopt;
}

std::uint64_t result::affected_rows() const noexcept {
  const auto tag = command_tag();
  const auto space = tag.rfind(' ');
  if (space == std::string_view::npos) return 0;
  std::uint64_t count = 0;
  const char* end = tag.data() + tag.size();
  const auto [stopped, error] = std::from_chars(tag.data() + space + 1, end, count);
  return error == std::errc{} && stopped == end ? count : 0;
}

owned_result::owned_result(std::string tag, std::vector<column> columns, std::vector<std::vector<cell>> rows)
  : tag_(std::move(tag)), columns_(std::move(columns)), rows_(std::move(rows)) {
  assert(std::all_of(rows_.begin(), rows_.end(), [this](const auto& x) { return x.size() == columns_.size(); }));
  column_shapes first;
  for (const auto& x : columns_) first.add(x.type, x.format);
  keep_shapes(first);
}

std::optional<std::string_view> owned_result::value(std::size_t row, std::size_t at) const noexcept {
  const auto& x = rows_[row][at];
  return x ? std::optional<std::string_view>{*x} : std::nullopt;
}

std::string_view owned_result::bytes_at(std::size_t row, std::size_t at) const noexcept {
  const auto& x = rows_[row][at];
  return x ? std::string_view{*x} : std::string_view{};
}

std::size_t owned_result::memory_bytes() const noexcept {
  std::size_t sum = sizeof(owned_result) + tag_.size();
  for (const auto& x : columns_) sum += sizeof(column) + x.name.size();
  for (const auto& cells : rows_) {
    sum += sizeof(cells);
    for (const auto& x : cells) sum += sizeof(cell) + (x ? x->size() : 0);
  }
  return sum;
}

} // namespace tripool
