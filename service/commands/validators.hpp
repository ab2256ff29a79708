// What values of options must be, beyond what CLI11 checks itself. Used where the commands' options are registered.
// Knows no command.
#pragma once

#include <CLI/CLI.hpp>

#include <cmath>
#include <string>

namespace tripool::service {

/// A number with a fraction, from `min` to `max`. CLI::Range lets "nan" pass, which is neither below nor above.
inline CLI::Validator number_within(double min, double max) {
  return CLI::Range(min, max)
         & CLI::Validator{[](std::string& x) {
                            double value = 0;
                            const bool read = CLI::detail::lexical_cast(x, value);
                            return read && std::isfinite(value) ? std::string{} : "Value " + x + " is no number";
                          },
                          std::string{}};
}

/// Not the empty text, which would be taken for an option that was not given.
inline CLI::Validator not_empty() {
  return {[](std::string& x) { return x.empty() ? std::string{"must not be empty"} : std::string{}; }, std::string{}};
}

} // namespace tripool::service
