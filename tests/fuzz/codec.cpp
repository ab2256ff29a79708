// Fuzzes every decoder of values. How it works:
//   1. the first byte picks the C++ type, the second the format, the next four the server's type (0: the one that the
//      C++ type is sent as), the rest is the value;
//   2. what is read is encoded again and read once more, and must be the same as far as the server's form is canonical.
// Knows nothing of rows. Built with libFuzzer, or with replay.cpp.
#include "tripool/core/codec/all.hpp"
#include "tripool/core/statement/parameter.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace tripool;

enum class mood : std::uint8_t { sad, happy };

} // namespace

template <>
struct tripool::labels<mood> {
  static constexpr std::string_view type_name = "mood";
  static constexpr std::pair<mood, std::string_view> values[] = {{mood::sad, "sad"}, {mood::happy, "happy"}};
};

namespace {

/// What an encoded value comes back as must be what was sent.
template <class T>
void check_trip(const T& x, const encoded_value& as) {
  if constexpr (encodable<T>) {
    bytes data;
    encoder to{data};
    codec<T>::encode(x, to);
    if (to.fault()) return; // Bytes of a text that is no UTF-8, for example.
    const std::uint32_t type = codec<T>::oid != 0 ? codec<T>::oid : as.type;
    const encoded_value again{{reinterpret_cast<const char*>(data.data()), data.size()}, type, result_format::binary};
    const auto back = codec<T>::decode(again);
    if (!back) std::abort();
  }
}

template <class T>
void decode_as(encoded_value x) {
  if (x.type == 0) x.type = server_type::first_user_defined;
  if constexpr (encodable<T>) {
    if (x.type == server_type::first_user_defined && codec<T>::oid != 0) x.type = codec<T>::oid;
  }
  const auto out = codec<T>::decode(x);
  if (out)
    check_trip(*out, x);
  else if (out.error().message.empty())
    std::abort();
}

using decoder = void (*)(encoded_value);

constexpr decoder decoders[] = {
  decode_as<bool>,
  decode_as<char>,
  decode_as<std::int16_t>,
  decode_as<std::int32_t>,
  decode_as<std::int64_t>,
  decode_as<float>,
  decode_as<double>,
  decode_as<std::string>,
  decode_as<bytes>,
  decode_as<numeric>,
  decode_as<oid>,
  decode_as<uuid>,
  decode_as<json>,
  decode_as<jsonb>,
  decode_as<date>,
  decode_as<timestamp>,
  decode_as<timestamptz>,
  decode_as<std::chrono::sys_seconds>,
  decode_as<std::chrono::year_month_day>,
  decode_as<time_of_day>,
  decode_as<time_with_zone>,
  decode_as<interval>,
  decode_as<inet>,
  decode_as<cidr>,
  decode_as<std::vector<std::int32_t>>,
  decode_as<std::vector<std::optional<std::string>>>,
  decode_as<array<std::optional<std::int64_t>>>,
  decode_as<array<numeric>>,
  decode_as<range<std::int32_t>>,
  decode_as<range<numeric>>,
  decode_as<multirange<timestamptz>>,
  decode_as<std::tuple<std::int32_t, std::optional<std::string>>>,
  decode_as<mood>,
  decode_as<hstore>,
  decode_as<float_vector>,
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t head = 6;
  if (size < head) return 0;
  encoded_value x;
  x.format = data[1] % 2 == 0 ? result_format::binary : result_format::text;
  for (std::size_t i = 2; i < head; ++i) x.type = x.type * 256U + data[i];
  x.data = {reinterpret_cast<const char*>(data) + head, size - head};
  decoders[data[0] % std::size(decoders)](x);
  return 0;
}
