// Fuzzes what a person writes: a configuration file, and a connection string. Either is read, or refused with errors
// that say where and why. Knows no server. Built with libFuzzer, or with replay.cpp.
#include "tripool/actors/config/load.hpp"
#include "tripool/core/postgres/conninfo.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <variant>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tripool;
  const std::string text{reinterpret_cast<const char*>(data), size};
  const auto config = load_text(std::string{text}, "fuzzed.conf");
  if (const auto* errors = std::get_if<std::vector<config_error>>(&config)) {
    if (errors->empty()) std::abort();
    for (const auto& e : *errors)
      if (to_string(e).empty()) std::abort();
  }
  const auto server = postgres::parse_conninfo(std::string{text});
  if (const auto* wrong = std::get_if<postgres::conninfo_error>(&server); wrong && wrong->message.empty()) std::abort();
  return 0;
}
