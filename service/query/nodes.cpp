// Hosts and ports.
#include "service/query/nodes.hpp"

#include <charconv>
#include <cstddef>
#include <system_error>

namespace tripool::service {

namespace {

constexpr std::size_t nodes_max = 64;

expected<remote_node, std::string> read_node(std::string_view text) {
  const auto wrong = [&](const std::string& why) {
    return unexpected{"--node " + std::string{text.substr(0, 200)} + ": " + why
                      + "; write HOST:PORT, for example db1:4711 or [::1]:4711, several with commas"};
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong("there is no port");
  auto host = text.substr(0, colon);
  const auto digits = text.substr(colon + 1);
  const bool in_brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (in_brackets) host = host.substr(1, host.size() - 2);
  if (host.empty()) return wrong("there is no host");
  if (!in_brackets && host.find(':') != std::string_view::npos) return wrong("an IPv6 address stands in brackets");
  remote_node out;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
  if (problem != std::errc{} || end != digits.data() + digits.size() || out.port == 0)
    return wrong("the port is no number from 1 to 65535");
  out.host = host;
  return out;
}

} // namespace

expected<std::vector<remote_node>, std::string> read_nodes(std::string_view text) {
  std::vector<remote_node> out;
  for (bool more = true; more;) {
    const auto comma = text.find(',');
    more = comma != std::string_view::npos;
    auto one = read_node(text.substr(0, comma));
    if (!one) return unexpected{std::move(one).error()};
    out.push_back(std::move(*one));
    if (more) text.remove_prefix(comma + 1);
  }
  if (out.size() > nodes_max) return unexpected{"--node: more than " + std::to_string(nodes_max) + " nodes"};
  return out;
}

std::string to_string(const remote_node& x) {
  const bool v6 = x.host.find(':') != std::string::npos;
  return (v6 ? '[' + x.host + ']' : x.host) + ':' + std::to_string(x.port);
}

} // namespace tripool::service
