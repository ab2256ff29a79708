// Checking and quoting the names of channels.
#include "tripool/core/listen/channel.hpp"

#include "tripool/core/outcome/refusal.hpp"
#include "tripool/core/util/utf8.hpp"

#include <utility>

namespace tripool {

namespace {

std::optional<failure> check_bytes(const std::string& what, std::string_view text) {
  const auto fault = find_text_fault(text);
  if (!fault) return std::nullopt;
  const auto at = std::to_string(fault->at);
  if (fault->nul)
    return refuse("22021", what + " holds a NUL byte at offset " + at,
                  "PostgreSQL cannot carry it: encode binary data, for example in base64");
  return refuse("22021", what + " is not valid UTF-8 at offset " + at, "convert it to UTF-8");
}

std::string quoted(std::string_view name) {
  std::string out{'"'};
  for (const char c : name) {
    if (c == '"') out += c;
    out += c;
  }
  out += '"';
  return out;
}

} // namespace

std::optional<failure> check_channel(std::string_view name) {
  const auto limit = "a channel's name has 1 to " + std::to_string(channel_bytes_max) + " bytes";
  if (name.empty()) return refuse("42602", "the channel's name is empty", limit);
  if (name.size() > channel_bytes_max)
    return refuse("42622", "the channel's name has " + std::to_string(name.size()) + " bytes", limit);
  return check_bytes("the channel's name", name);
}

std::string listen_text(std::string_view channel) {
  return "LISTEN " + quoted(channel);
}

std::string unlisten_text(std::string_view channel) {
  return "UNLISTEN " + quoted(channel);
}

expected<statement, failure> notify(std::string channel, std::string payload) {
  if (auto problem = check_channel(channel)) return unexpected{std::move(*problem)};
  if (payload.size() > payload_bytes_max)
    return unexpected{refuse("22023",
                             "the payload has " + std::to_string(payload.size()) + " bytes, and a notification takes "
                               + std::to_string(payload_bytes_max),
                             "store the data in a table, and notify with its key")};
  if (auto problem = check_bytes("the payload", payload)) return unexpected{std::move(*problem)};
  statement out;
  out.text = notify_text;
  out.parameters = {std::move(channel), std::move(payload)};
  return out;
}

} // namespace tripool
