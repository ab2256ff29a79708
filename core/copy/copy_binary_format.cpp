// The layout is that of the server's copyto.c and copyfromparse.c, described with COPY in its manual.
#include "tripool/core/copy/copy_binary_format.hpp"

#include "tripool/core/statement/check.hpp"

#include <string_view>

namespace tripool {

namespace {

constexpr std::string_view signature{"PGCOPY\n\xff\r\n\0", 11};
constexpr std::size_t header_min = signature.size() + 4 + 4; // flags, length of the extension
constexpr std::uint32_t flag_oids = std::uint32_t{1} << 16U;
constexpr std::uint32_t flags_critical = 0xFFFF'0000;
constexpr std::size_t extension_max = std::size_t{1} << 20U;
constexpr std::uint16_t trailer = 0xFFFF;
constexpr std::uint32_t null_length = 0xFFFF'FFFF;

template <std::size_t Size>
std::uint32_t number_at(std::string_view from, std::size_t at) noexcept {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < Size; ++i) out = out << 8U | static_cast<unsigned char>(from[at + i]);
  return out;
}

} // namespace

void copy_binary_writer::put_signature() {
  if (begun_) return;
  begun_ = true;
  encoder to{out_};
  to.put(signature);
  to.put32(0);
  to.put32(0);
}

std::size_t copy_binary_writer::begin_row(std::size_t columns) {
  put_signature();
  const auto before = out_.size();
  encoder{out_}.put16(static_cast<std::uint16_t>(columns));
  return before;
}

bool copy_binary_writer::end_row(std::size_t before, bool ok) {
  if (ok && out_.size() - before > message_bytes_max)
    ok = refuse(0, {"54000", "makes its row larger than the 1 GB that fit one message"});
  if (!ok)
    out_.resize(before);
  else
    ++rows_;
  return ok;
}

bool copy_binary_writer::refuse(std::size_t column, const encode_fault& why) {
  if (!fault_) {
    fault_ = encode_fault{why.sqlstate, "column " + std::to_string(column + 1) + " of row " + std::to_string(rows_ + 1)
                                          + " of the COPY " + why.message};
  }
  return false;
}

bool copy_binary_writer::add_encoded(std::span<const std::optional<std::string_view>> columns) {
  if (columns.size() > copy_columns_max)
    return refuse(copy_columns_max, {"54011", "is one more than a table can have"});
  const auto before = begin_row(columns.size());
  encoder to{out_};
  for (const auto& x : columns) {
    if (!x) {
      to.put_null();
      continue;
    }
    const auto place = to.begin_value();
    to.put(*x);
    to.end_value(place);
  }
  return end_row(before, true);
}

void copy_binary_writer::finish() {
  put_signature();
  encoder{out_}.put16(trailer);
}

unexpected<decode_error> copy_binary_reader::fail(std::string message) {
  state_ = state::failed;
  return unexpected{decode_error{std::move(message)}};
}

/// Reads the header if it has come in whole. Returns what is wrong with it.
std::optional<std::string> copy_binary_reader::read_header() {
  const auto rest = in_.rest();
  const auto known = rest.substr(0, signature.size());
  if (known != signature.substr(0, known.size())) return "the COPY is not in binary format: its signature is wrong";
  if (rest.size() < header_min) return std::nullopt;
  const auto flags = number_at<4>(rest, signature.size());
  const auto extension = number_at<4>(rest, signature.size() + 4);
  if ((flags & flag_oids) != 0) return "the COPY holds object identifiers, which servers before 12 could add";
  if ((flags & flags_critical) != 0) return "the COPY has critical flags that are unknown here";
  if (extension > extension_max) return "the COPY's header is longer than 1 MB";
  if (rest.size() < header_min + extension) return std::nullopt;
  in_.take(header_min + extension);
  state_ = state::rows;
  return std::nullopt;
}

decoded<std::optional<copy_row>> copy_binary_reader::next() {
  const std::optional<copy_row> none;
  if (state_ == state::header) {
    if (auto problem = read_header()) return fail(std::move(*problem));
    if (state_ == state::header) return none;
  }
  const auto rest = in_.rest();
  if (state_ == state::failed) return fail("the COPY was not understood before");
  if (state_ == state::ended) {
    if (!rest.empty()) return fail("data follows the trailer of the COPY");
    return none;
  }
  if (rest.size() < 2) return none;
  const auto columns = number_at<2>(rest, 0);
  if (columns == trailer) {
    state_ = state::ended;
    in_.take(2);
    return next();
  }
  const auto row = std::to_string(rows_ + 1);
  if (columns > copy_columns_max)
    return fail("row " + row + " of the COPY claims " + std::to_string(columns) + " columns");
  cells_.clear();
  std::size_t at = 2;
  for (std::uint32_t i = 0; i < columns; ++i) {
    if (rest.size() - at < 4) return none;
    const auto length = number_at<4>(rest, at);
    at += 4;
    if (length == null_length) {
      cells_.emplace_back(std::nullopt);
      continue;
    }
    if (length > message_bytes_max || at + length > message_bytes_max + copy_columns_max * 4)
      return fail("column " + std::to_string(i + 1) + " of row " + row + " of the COPY claims an absurd length");
    if (rest.size() - at < length) return none;
    cells_.emplace_back(rest.substr(at, length));
    at += length;
  }
  in_.take(at);
  return std::optional{copy_row{cells_, result_format::binary, ++rows_}};
}

} // namespace tripool
