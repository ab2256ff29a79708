// How the demonstration writes numbers and times for people. Knows nothing of what they mean. Used in this folder and
// by the command `demo`.
#pragma once

#include "tripool/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace tripool::demo {

/// Groups the digits: 1234567 becomes "1,234,567".
std::string grouped(std::uint64_t x);

/// A length of time with a unit that suits it: "0.8 ms", "340 ms", "1.42 s".
std::string length_text(duration x);

/// Returns "1 request", "2 requests": the number, and the word with an s where the number asks for it.
std::string counted(std::uint64_t n, const std::string& word);

/// Breaks a text into lines of at most `columns` characters, at spaces where it can. Each but the first begins with
/// `indent` spaces. Not more than four lines: the rest is left out.
std::string wrapped(const std::string& text, std::size_t indent, std::size_t columns = 110);

} // namespace tripool::demo
