// libpq's passfile, read by its own rules: host:port:database:user:password, "*" for any, a backslash before ":" and
// "\" in a field, comments with "#". Read here and not by libpq, so that a changed password is noticed, its entry
// counted as a source, and its text scrubbed from errors. Knows no files. Used by the passfile source.
#pragma once

#include "tripool/core/credentials/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tripool {

/// Whom a password is wanted for.
struct passfile_query {
  std::string_view host; ///< As dialled; for a socket "localhost" fits as well as its folder.
  std::uint16_t port = 5432;
  std::string_view dbname; ///< Empty: as `user`.
  std::string_view user;
};

/// Returns the password of the first entry that fits, or nothing. The content may hold any bytes.
std::optional<secret> find_in_passfile(std::string_view content, const passfile_query& q);

} // namespace tripool
