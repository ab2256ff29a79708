// Reading an enum's label: its binary form is its text.
#include "tripool/core/codec/enumeration.hpp"

#include "tripool/core/codec/type_catalogue.hpp"

namespace tripool {

decoded<std::string_view> decode_label(const encoded_value& x, std::string_view wanted) {
  if (x.type < server_type::first_user_defined) {
    switch (x.type) {
      case server_type::text:
      case server_type::varchar:
      case server_type::name: return x.data;
      default: return unexpected{wrong_type(x, wanted)};
    }
  }
  const auto* entry = x.types ? x.types->find(x.type) : nullptr;
  if (entry && entry->what != catalogue_entry::kind::enumeration) return unexpected{wrong_type(x, wanted)};
  return x.data;
}

} // namespace tripool
