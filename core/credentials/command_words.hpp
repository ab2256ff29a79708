// A command line cut into words without a shell: spaces part them, quotes keep them together, a backslash takes the
// next character as it is. Nothing is expanded. Knows no programs. Used by the configuration's check and by the command
// source.
#pragma once

#include "tripool/core/util/expected.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tripool {

/// Returns the words, at least one, or what is wrong. In '...' nothing is special; in "..." only \" and \\ are.
expected<std::vector<std::string>, std::string> split_words(std::string_view line);

} // namespace tripool
