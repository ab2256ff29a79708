// What stands in front of an array's elements (array_send in the server): number of dimensions, whether there are
// NULLs, the elements' type, then length and lower bound of each dimension.
#include "tripool/core/codec/array.hpp"

#include "tripool/core/codec/type_catalogue.hpp"

namespace tripool::detail {

namespace {

/// The vectors of the system catalogues have the form of arrays.
constexpr std::uint32_t int2vector = 22;
constexpr std::uint32_t oidvector = 30;

/// Whether a value of that type can have the form of an array.
bool may_be_array(const encoded_value& x) {
  if (x.type < server_type::first_user_defined) return server_type::element_of(x.type) != 0;
  const auto* entry = x.types ? x.types->find(x.type) : nullptr;
  return !entry || entry->element != 0;
}

} // namespace

decoded<array_header> read_array_header(const encoded_value& x, byte_reader& from, bool keep, std::string_view wanted) {
  const bool is_vector = x.type == int2vector || x.type == oidvector;
  if (!is_vector && !may_be_array(x)) return unexpected{wrong_type(x, wanted)};
  if (x.format == result_format::text) return unexpected{text_refused(x, wanted)};
  array_header out;
  const auto rank = from.take32();
  const auto flags = from.take32();
  out.element = from.take32();
  if (from.failed() || rank > array_dimensions_max || flags > 1) return unexpected{malformed(x)};
  out.rank = rank;
  // Each element has at least its length, so that no header can ask for more memory than the value has.
  const std::size_t count_max = from.left() / 4;
  out.count = rank == 0 ? 0 : 1;
  for (std::size_t i = 0; i < out.rank; ++i) {
    const array_dimension dimension{from.take_int32(), from.take_int32()};
    if (from.failed() || dimension.length <= 0) return unexpected{malformed(x)};
    out.count *= static_cast<std::size_t>(dimension.length);
    if (out.count > count_max) return unexpected{malformed(x)};
    if (keep) out.dimensions.push_back(dimension);
  }
  return out;
}

decode_error in_element(std::size_t at, decode_error&& why) {
  return {"element " + std::to_string(at) + ": " + why.message};
}

void check_dimensions(const std::vector<array_dimension>& dimensions, std::size_t elements, encoder& to) {
  if (dimensions.size() > array_dimensions_max)
    return to.fail("54000", "has " + std::to_string(dimensions.size()) + " dimensions, and an array can have 6");
  std::size_t count = dimensions.empty() ? 0 : 1;
  for (const auto& x : dimensions) {
    if (x.length <= 0) return to.fail("2202E", "has a dimension of length " + std::to_string(x.length));
    if (x.lower_bound > std::numeric_limits<std::int32_t>::max() - x.length)
      return to.fail("2202E", "has a dimension whose upper bound does not fit 32 bits");
    count *= static_cast<std::size_t>(x.length);
    if (count > elements) break;
  }
  if (count != elements)
    to.fail("2202E", "has " + std::to_string(elements) + " elements, which is not what its dimensions hold");
}

} // namespace tripool::detail
