// Taking results apart for the wire and putting them together again.
#include "tripool/actors/inspect.hpp"

#include "tripool/core/result/noticed_result.hpp"

namespace tripool {

namespace {

/// Nothing in a message backs their number, and each costs memory.
constexpr std::uint64_t rows_without_columns_max = 10'000'000;

/// One digit for the application, and the position, if there is one.
std::string text_of(const receipt& x) {
  if (x.by_token == application::plain && !x.position) return {};
  return std::to_string(static_cast<int>(x.by_token)) + (x.position ? to_string(*x.position) : "");
}

bool read_receipt(std::string_view text, receipt& to) {
  if (text.empty() || text.front() < '0' || text.front() > '2') return false;
  to.by_token = static_cast<application>(text.front() - '0');
  if (text.size() == 1) return true;
  to.position = read_wal_position(text.substr(1));
  return to.position.has_value();
}

} // namespace

result_parts take_apart(const result& x) {
  result_parts p;
  p.tag = x.command_tag();
  p.rows = x.size();
  for (std::size_t c = 0; c < x.columns(); ++c) {
    p.names.emplace_back(x.column_name(c));
    p.types.push_back(x.column_type(c));
    p.formats.push_back(static_cast<std::uint8_t>(x.column_format(c)));
  }
  for (std::size_t r = 0; r < x.size(); ++r) {
    for (std::size_t c = 0; c < x.columns(); ++c) {
      const auto v = x.raw(r, c);
      p.lengths.push_back(v ? static_cast<std::int64_t>(v->size()) : -1);
      if (v) p.data.append(*v);
    }
  }
  p.receipt = text_of(x.receipt());
  for (const auto& n : x.notices())
    p.notices.insert(p.notices.end(), {n.severity, n.sqlstate, n.message, n.detail, n.hint, n.source_function});
  return p;
}

bool put_together(const result_parts& p, result& out) {
  const auto width = p.names.size();
  if (p.types.size() != width || p.formats.size() != width) return false;
  if (width == 0 ? !p.lengths.empty() : p.rows != p.lengths.size() / width || p.lengths.size() % width != 0)
    return false;
  if (width == 0 && p.rows > rows_without_columns_max) return false;
  std::vector<owned_result::column> columns;
  for (std::size_t c = 0; c < width; ++c) {
    if (p.formats[c] > 1) return false;
    columns.push_back({p.names[c], p.types[c], static_cast<result_format>(p.formats[c])});
  }
  std::vector<std::vector<owned_result::cell>> rows;
  std::size_t at = 0;
  for (std::size_t i = 0; i < p.lengths.size(); ++i) {
    if (i % width == 0) rows.emplace_back();
    const auto n = p.lengths[i];
    if (n < -1 || (n > 0 && static_cast<std::uint64_t>(n) > p.data.size() - at)) return false;
    if (n < 0) {
      rows.back().emplace_back();
    } else {
      rows.back().emplace_back(p.data.substr(at, static_cast<std::size_t>(n)));
      at += static_cast<std::size_t>(n);
    }
  }
  if (width == 0) rows.resize(static_cast<std::size_t>(p.rows));
  if (at != p.data.size() || p.notices.size() % 6 != 0) return false;
  std::vector<server_message> notices;
  for (auto n = p.notices.begin(); n != p.notices.end(); n += 6)
    notices.push_back({n[0], n[1], n[2], n[3], n[4], n[5]});
  out = with_notices(result{std::make_shared<const owned_result>(p.tag, std::move(columns), std::move(rows))},
                     std::move(notices));
  if (p.receipt.empty()) return true;
  receipt what;
  if (!read_receipt(p.receipt, what)) return false;
  out = with_receipt(std::move(out), what);
  return true;
}

std::string shape_of(const result& x) {
  return std::to_string(x.size()) + " rows, " + std::to_string(x.columns()) + " columns, "
         + std::string{x.command_tag()};
}

} // namespace tripool
