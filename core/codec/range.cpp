// Which types can be read as ranges.
#include "tripool/core/codec/range.hpp"

#include "tripool/core/codec/type_catalogue.hpp"

namespace tripool::detail {

std::optional<decode_error> refuse_range(const encoded_value& x, bool multi, std::string_view wanted) {
  using kind = catalogue_entry::kind;
  bool right = false;
  if (x.type < server_type::first_user_defined) {
    const auto found = server_type::ranges_of(server_type::bound_of(x.type));
    right = x.type != 0 && x.type == (multi ? found.multirange : found.range);
  } else {
    const auto* entry = x.types ? x.types->find(x.type) : nullptr;
    right = !entry || entry->what == (multi ? kind::multirange : kind::range);
  }
  if (!right) return wrong_type(x, wanted);
  if (x.format == result_format::text) return text_refused(x, wanted);
  return std::nullopt;
}

} // namespace tripool::detail
