// Errors of reading rows: they name the place and the types, never the value.
#include "tripool/core/result/row.hpp"

#include <string>

namespace tripool {

namespace {

std::string quoted(std::string_view name) {
  std::string out = "\"";
  out.append(name).append("\"");
  return out;
}

std::string counted(std::size_t n, std::string_view noun) {
  std::string out = std::to_string(n) + " ";
  out.append(noun);
  return n == 1 ? out : out + "s";
}

} // namespace

std::optional<std::size_t> row::find(std::string_view name) const noexcept {
  for (std::size_t i = 0; i < size(); ++i) {
    if (data_->column_name(i) == name) return i;
  }
  return std::nullopt;
}

decode_error row::no_column(std::size_t column) const {
  return {"there is no column " + std::to_string(column) + ": the result has " + counted(size(), "column")
          + ", counted from 0"};
}

decode_error row::no_column(std::string_view name) const {
  std::string message = "there is no column " + quoted(name) + ": the result has ";
  if (size() == 0) return {message + "no columns"};
  constexpr std::size_t shown_max = 20;
  for (std::size_t i = 0; i < size() && i < shown_max; ++i)
    message += (i == 0 ? "" : ", ") + quoted(data_->column_name(i));
  if (size() > shown_max) message += " and " + std::to_string(size() - shown_max) + " more";
  return {std::move(message)};
}

decoded<std::size_t> row::find_only(std::string_view name) const {
  const auto first = find(name);
  if (!first) return unexpected{no_column(name)};
  for (std::size_t i = *first + 1; i < size(); ++i) {
    if (data_->column_name(i) == name)
      return unexpected{decode_error{"there are several columns " + quoted(name) + ": give them names of their own"}};
  }
  return *first;
}

decode_error row::wrong_width(std::size_t wanted) const {
  return {"a row of " + counted(size(), "column") + " cannot be read as " + counted(wanted, "value")};
}

decode_error row::placed(const decode_error& x, std::size_t column) const {
  return {"column " + quoted(data_->column_name(column)) + " (" + std::to_string(column) + "), row "
          + std::to_string(index_) + ": " + x.message};
}

decode_error detail::wrong_row_count(std::size_t found, bool may_be_none) {
  return {std::string{may_be_none ? "at most one row" : "one row"} + " was expected, and the result has "
          + (found == 0 ? std::string{"none"} : std::to_string(found))};
}

} // namespace tripool
