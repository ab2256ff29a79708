// Texts that are more than text: JSON documents, and texts that state another type than "text" where that matters.
// Knows nothing of results and parameters: the codecs are in codec/text.hpp. Used by callers.
#pragma once

#include <compare>
#include <string>

namespace tripool {

/// A JSON document as text, kept by the server as it is written. Not checked here: the server refuses what is no JSON.
struct json {
  std::string text;
  friend auto operator<=>(const json&, const json&) = default;
};

/// A JSON document as text, kept by the server taken apart: order, blanks and repeated keys are lost.
struct jsonb {
  std::string text;
  friend auto operator<=>(const jsonb&, const jsonb&) = default;
};

/// A text that is sent as a varchar: for members of composites, whose types must be met exactly.
struct varchar {
  std::string text;
  friend auto operator<=>(const varchar&, const varchar&) = default;
};

/// A name of a database object, of at most 63 bytes.
struct identifier {
  std::string text;
  friend auto operator<=>(const identifier&, const identifier&) = default;
};

} // namespace tripool
