// Fuzzes what is read from servers beside the values of columns: the answer to a probe, the database's own types, a
// position in the log, a refusal in the middle of a COPY. The input is cut into cells at 0x1F and into rows at 0x1E; a
// cell that is "~" is NULL. Built with libFuzzer, or with replay.cpp.
#include "tripool/core/codec/type_catalogue.hpp"
#include "tripool/core/health/probe.hpp"
#include "tripool/core/postgres/detail/copy_refusal.hpp"
#include "tripool/core/statement/wal_position.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace tripool;

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> out{""};
  for (const char c : text) {
    if (c == at)
      out.emplace_back();
    else
      out.back() += c;
  }
  return out;
}

result table_of(const std::string& text) {
  std::vector<std::vector<owned_result::cell>> rows;
  std::size_t width = 0;
  for (const auto& line : split(text, '\x1E')) {
    auto& row = rows.emplace_back();
    for (auto& cell : split(line, '\x1F')) row.push_back(cell == "~" ? std::nullopt : std::optional{std::move(cell)});
    width = std::max(width, row.size());
  }
  for (auto& row : rows) row.resize(width);
  std::vector<owned_result::column> columns(width);
  return result{std::make_shared<const owned_result>("SELECT", std::move(columns), std::move(rows))};
}

void check_position(const std::string& text) {
  const auto x = read_wal_position(text);
  if (x && read_wal_position(to_string(*x)) != x) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(data), size};
  const auto table = table_of(text);
  const auto facts = parse_probe(table);
  if (!facts && facts.error().empty()) std::abort();
  const auto types = read_type_catalogue(table);
  if (!types && types.error().message.empty()) std::abort();
  if (types) {
    for (std::size_t i = 0; i < table.size(); ++i) {
      const auto name = table.raw(i, std::min<std::size_t>(2, table.columns() - 1));
      const auto oid = types->oid_of(name.value_or(""));
      types->base_of(oid);
      types->name_of(oid);
    }
  }
  check_position(text);
  if (table.columns() > 1) wal_position_of(table.raw(0, 0).value_or(""), table.raw(0, 1).value_or(""));
  // A refusal is found wherever the stream is cut before it.
  if (postgres::tells_refusal(text) && !postgres::tells_refusal("N" + text)) std::abort();
  return 0;
}
