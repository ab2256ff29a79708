// Renders binary values of the simplest types as the text that the server itself would send for them.
// Knows nothing of columns. Used by the decoder of texts.
#pragma once

#include "tripool/core/codec/decode.hpp"

#include <string>

namespace tripool {

/// Whether values of that type can be rendered: bool, integers, floating point, numeric, uuid, void.
bool is_rendered(std::uint32_t type) noexcept;

/// The text of a binary value. Precondition: `is_rendered(x.type)`.
decoded<std::string> render_text(const encoded_value& x);

} // namespace tripool
