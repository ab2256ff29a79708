// A network of this process alone: a namespace with nothing but its own loopback, packets that nftables drops there,
// and a resolv.conf that names a server of the test's own. Nothing of it is seen outside, and all of it ends with the
// process. Needs root; where that is not given, whoever asks is told why.
// Knows no scenario. Used by the runner and by the scenarios of packets and names.
#pragma once

#include <cstdint>
#include <string>

namespace tripool::chaos {

/// Moves the process there, if it may. To be called once, before there is any other thread.
void enter_private_network();
/// Why the process is not there; empty when it is.
const std::string& why_no_private_network();
/// Why no packets can be dropped; empty when they can.
std::string why_no_packet_filter();

/// Drops packets between Tripool and a port of 127.0.0.1, until it is mended or ends. Functions throw `stage_error`.
class packet_filter {
public:
  explicit packet_filter(std::uint16_t port) : port_(port) {}
  ~packet_filter();
  packet_filter(const packet_filter&) = delete;
  packet_filter& operator=(const packet_filter&) = delete;

  void drop_all();
  /// Only those that would open a connection.
  void drop_new();
  /// So many of a hundred, by chance.
  void drop_some(unsigned percent);
  void mend();

private:
  void use(const std::string& to_server, const std::string& from_server);
  std::uint16_t port_;
  bool in_use_ = false;
};

} // namespace tripool::chaos
