// Takes a secret out of a text that somebody else wrote - the client library, a server, a program - before a person
// gets to read it. The last line of defence, not the first: nothing is written with a secret in it on purpose.
// Knows no source of such texts. Used where errors of the client library enter.
#pragma once

#include <string>
#include <string_view>

namespace tripool {

/// Returns the text with every occurrence of the secret replaced by "(secret)": as it is, percent-encoded in either
/// case of the digits, and in base64. Secrets of less than 4 bytes are left alone, since ordinary words contain them.
std::string scrub(std::string text, std::string_view hidden);

/// The secret in base64, with padding.
std::string as_base64(std::string_view bytes);
/// The secret percent-encoded, as it stands in a URI: all but letters, digits and "-._~".
std::string as_percent_encoded(std::string_view bytes, bool upper_case = true);

} // namespace tripool
