// Fuzzes the lines of `tripool pipe`: the first byte is the size of the pieces in which the rest comes; each line that
// it makes is a request, or is answered with what is wrong with it. Knows no server. Built with libFuzzer, or with
// replay.cpp.
#include "service/pipe/line_splitter.hpp"
#include "service/pipe/protocol.hpp"
#include "tripool/core/statement/check.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tripool;
  if (size == 0) return 0;
  std::uint64_t lines = 0;
  pipe::line_splitter in{1U << 16U, [&](std::string_view line, std::uint64_t number, bool too_long) {
                           if (++lines != number || (too_long && !line.empty())) std::abort();
                           const auto x = pipe::parse_line(line, number);
                           if (const auto* answer = std::get_if<std::string>(&x)) {
                             if (answer->empty() || answer->find('\n') != std::string::npos) std::abort();
                             return;
                           }
                           std::visit([](const auto& what) { check(what); }, std::get<pipe::request_line>(x).what);
                         }};
  const std::string_view rest{reinterpret_cast<const char*>(data) + 1, size - 1};
  const std::size_t piece = data[0] + 1U;
  for (std::size_t at = 0; at < rest.size(); at += piece) in.feed(rest.substr(at, piece));
  in.finish();
  return 0;
}
