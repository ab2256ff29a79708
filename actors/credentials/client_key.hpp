// A look at a client certificate and its key before the client library gets to them: permissions, and a key that would
// make it ask on the terminal. Reads files. Knows nothing of pools. Used by the chain of sources.
#pragma once

#include <string>

namespace tripool {

/// The files of a client certificate; empty paths are not looked at.
struct client_certificate {
  std::string certificate;
  std::string key;
  bool has_passphrase = false;
  friend bool operator==(const client_certificate&, const client_certificate&) = default;
};

/// What is wrong, for people, naming the file and what to do; empty when nothing is.
std::string client_certificate_problem(const client_certificate& x);

/// A text that changes when one of the files is replaced.
std::string client_certificate_mark(const client_certificate& x);

} // namespace tripool
