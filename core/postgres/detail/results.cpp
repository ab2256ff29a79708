// Reading PGresults.
#include "tripool/core/postgres/detail/results.hpp"

#include <algorithm>
#include <cassert>

namespace tripool::postgres {

namespace {

std::string field(const PGresult& x, int code) {
  const char* text = PQresultErrorField(&x, code);
  return text ? std::string{text} : std::string{};
}

result_format format_of(const PGresult& x, int column) noexcept {
  return PQfformat(&x, column) == 1 ? result_format::binary : result_format::text;
}

} // namespace

libpq_result::libpq_result(result_handle from, std::shared_ptr<const type_catalogue> types) noexcept
  : from_(std::move(from)),
    types_(std::move(types)),
    rows_(static_cast<std::size_t>(PQntuples(from_.get()))),
    columns_(static_cast<std::size_t>(PQnfields(from_.get()))) {
  column_shapes first;
  for (std::size_t i = 0; i < std::min(columns_, column_shapes::count_max); ++i) {
    const int c = static_cast<int>(i);
    first.add(PQftype(from_.get(), c), format_of(*from_, c));
  }
  keep_shapes(first);
}

std::string_view libpq_result::column_name(std::size_t column) const noexcept {
  assert(column < columns_);
  return column < columns_ ? std::string_view{PQfname(from_.get(), static_cast<int>(column))} : std::string_view{};
}

std::uint32_t libpq_result::column_type(std::size_t column) const noexcept {
  assert(column < columns_);
  if (column < shapes().count()) {
    return shapes().type(column);
  }
  return column < columns_ ? PQftype(from_.get(), static_cast<int>(column)) : 0;
}

result_format libpq_result::column_format(std::size_t column) const noexcept {
  assert(column < columns_);
  if (column < shapes().count()) {
    return shapes().format(column);
  }
  return column < columns_ ? format_of(*from_, static_cast<int>(column)) : result_format::text;
}

std::string_view libpq_result::bytes_at(std::size_t row, std::size_t column) const noexcept {
  assert(row < rows_ && column < columns_);
  if (row >= rows_ || column >= columns_) {
    return {};
  }
  const int r = static_cast<int>(row);
  const int c = static_cast<int>(column);
  const int length = PQgetlength(from_.get(), r, c); // 0 for NULL, too.
  if (length == 0 && PQgetisnull(from_.get(), r, c)) {
    return {};
  }
  return {PQgetvalue(from_.get(), r, c), static_cast<std::size_t>(length)};
}

std::optional<std::string_view> libpq_result::value(std::size_t row, std::size_t column) const noexcept {
  const auto x = libpq_result::bytes_at(row, column);
  return x.data() ? std::optional{x} : std::nullopt;
}

cell_view libpq_result::cell_at(std::size_t row, std::size_t column) const noexcept {
  return {libpq_result::value(row, column), libpq_result::column_type(column), libpq_result::column_format(column),
          types_.get()};
}

std::string_view libpq_result::command_tag() const noexcept {
  return PQcmdStatus(from_.get());
}

std::size_t libpq_result::memory_bytes() const noexcept {
  return PQresultMemorySize(from_.get());
}

server_message message_of(const PGresult& x) {
  server_message m;
  m.severity = field(x, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (m.severity.empty()) {
    m.severity = field(x, PG_DIAG_SEVERITY);
  }
  m.sqlstate = field(x, PG_DIAG_SQLSTATE);
  m.message = field(x, PG_DIAG_MESSAGE_PRIMARY);
  if (m.message.empty()) {
    m.message = one_line(PQresultErrorMessage(&x));
  }
  m.detail = field(x, PG_DIAG_MESSAGE_DETAIL);
  m.hint = field(x, PG_DIAG_MESSAGE_HINT);
  m.source_function = field(x, PG_DIAG_SOURCE_FUNCTION);
  m.constraint = field(x, PG_DIAG_CONSTRAINT_NAME);
  return m;
}

bool ends_session(const server_message& x) noexcept {
  return x.severity == "FATAL" || x.severity == "PANIC";
}

std::string line_of(const server_message& x) {
  std::string line = x.severity;
  if (!x.sqlstate.empty()) {
    line += ' ';
    line += x.sqlstate;
  }
  line += line.empty() ? "" : ": ";
  line += x.message;
  return line;
}

} // namespace tripool::postgres
