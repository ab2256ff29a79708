// What stands in front of a composite's attributes (record_send in the server): their number.
#include "tripool/core/codec/composite.hpp"

#include "tripool/core/codec/type_catalogue.hpp"

namespace tripool::detail {

decoded<std::size_t> read_composite_header(const encoded_value& x, byte_reader& from, std::size_t wanted_size,
                                           std::string_view wanted) {
  if (x.type < server_type::first_user_defined) {
    if (x.type != server_type::record) return unexpected{wrong_type(x, wanted)};
  } else if (const auto* entry = x.types ? x.types->find(x.type) : nullptr) {
    if (entry->what != catalogue_entry::kind::composite) return unexpected{wrong_type(x, wanted)};
  }
  if (x.format == result_format::text) return unexpected{text_refused(x, wanted)};
  const auto size = from.take_int32();
  if (from.failed() || size < 0) return unexpected{malformed(x)};
  if (static_cast<std::size_t>(size) != wanted_size) {
    auto out = wrong_type(x, wanted);
    out.message +=
      ": it has " + std::to_string(size) + " attributes, and " + std::to_string(wanted_size) + " are asked";
    return unexpected{std::move(out)};
  }
  return wanted_size;
}

decode_error in_attribute(std::size_t at, decode_error&& why) {
  return {"attribute " + std::to_string(at) + ": " + why.message};
}

} // namespace tripool::detail
