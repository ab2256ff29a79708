// Looks for planted secrets in texts: as they are, percent-encoded, in base64, in hexadecimal digits, escaped as in
// JSON, and all of that backwards. Used by the tests of leaks, here and in tests/operating.
#pragma once

#include "tripool/core/credentials/scrub.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tripool::test {

inline std::string as_json(const std::string& x) {
  std::string out;
  for (const char c : x) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

inline std::string hexadecimal(const std::string& x) {
  std::string out;
  for (const char c : x) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto value = static_cast<unsigned char>(c);
    out += digits[value >> 4];
    out += digits[value & 15u];
  }
  return out;
}

/// The spellings in which a secret is looked for. In base64 it may begin at any of three places of a group: what is
/// the same whatever stands around it.
inline std::vector<std::string> spellings(const std::string& x) {
  std::vector<std::string> out{x, as_percent_encoded(x, true), as_percent_encoded(x, false), hexadecimal(x),
                               as_json(x)};
  for (std::size_t before = 0; before < 3; ++before) {
    const auto skip = before == 0 ? 0 : 4;
    const auto coded = as_base64(std::string(before, '_') + x);
    const auto certain = (before + x.size()) / 3 * 4;
    out.push_back(coded.substr(static_cast<std::size_t>(skip), certain - static_cast<std::size_t>(skip)));
  }
  const auto forwards = out;
  for (const auto& s : forwards) out.emplace_back(s.rbegin(), s.rend());
  return out;
}

/// Which secret stands in the text, and how; empty when none does.
inline std::string leak_in(const std::string& text, const std::vector<std::string>& planted) {
  for (std::size_t i = 0; i < planted.size(); ++i) {
    const auto all = spellings(planted[i]);
    for (std::size_t k = 0; k < all.size(); ++k)
      if (text.find(all[k]) != std::string::npos)
        return "secret " + std::to_string(i) + " in spelling " + std::to_string(k);
  }
  return {};
}

} // namespace tripool::test
