// Fuzzes what takes a COPY's data apart. How it works:
//   1. the first byte's lowest bit picks the format, its rest the size of the pieces in which the data is fed;
//   2. rows are read until the end or the error, which must say something;
//   3. what was read is written again, and must be read as the same rows.
// Knows nothing of connections. Built with libFuzzer, or with replay.cpp.
#include "tripool/core/copy/copy_binary_format.hpp"
#include "tripool/core/copy/copy_text_format.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace tripool;
using rows = std::vector<std::vector<std::optional<std::string>>>;

template <class Reader>
rows read(std::span<const std::byte> data, std::size_t piece, bool& whole) {
  rows out;
  Reader in;
  for (std::size_t at = 0; at < data.size(); at += piece) {
    in.feed(data.subspan(at, std::min(piece, data.size() - at)));
    for (;;) {
      const auto x = in.next();
      if (!x) {
        if (x.error().message.empty()) std::abort();
        whole = false;
        return out;
      }
      if (!*x) break;
      auto& row = out.emplace_back();
      for (std::size_t c = 0; c < (*x)->size(); ++c) {
        const auto cell = (*x)->raw(c);
        row.push_back(cell ? std::optional{std::string{*cell}} : std::nullopt);
      }
    }
  }
  whole = in.complete();
  return out;
}

/// Rows that a writer refuses (NUL, no UTF-8) are left out by it.
template <class Writer, class Reader, class Add, class Finish>
void check(std::span<const std::byte> data, std::size_t piece, Add add, Finish finish) {
  bool whole = true;
  const auto first = read<Reader>(data, piece, whole);
  Writer out;
  rows kept;
  for (const auto& row : first) {
    const std::vector<std::optional<std::string_view>> cells{row.begin(), row.end()};
    if (add(out, cells)) kept.push_back(row);
  }
  finish(out);
  const auto again = out.take();
  if (read<Reader>(again, again.size() + 1, whole) != kept || !whole) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = data[0] / 2U + 1U;
  const auto rest = std::as_bytes(std::span{data, size}).subspan(1);
  if (data[0] % 2 == 0) {
    check<copy_text_writer, copy_text_reader>(
      rest, piece, [](auto& w, const auto& row) { return w.add(row); }, [](auto&) {});
  } else {
    check<copy_binary_writer, copy_binary_reader>(
      rest, piece, [](auto& w, const auto& row) { return w.add_encoded(row); }, [](auto& w) { w.finish(); });
  }
  return 0;
}
