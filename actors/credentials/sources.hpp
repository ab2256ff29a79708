// The sources of credentials that Tripool brings. Each is made for one pool's settings and asked on a helper thread.
// An application's own: core/ports/credential_source.hpp. Used by the chain of sources.
#pragma once

#include "tripool/core/config/options.hpp"
#include "tripool/core/ports/credential_source.hpp"

#include <memory>
#include <string>

namespace tripool {

using source_ptr = std::shared_ptr<credential_source>;

/// A file that holds the password and nothing else.
source_ptr make_password_file_source(std::string path);
/// A folder of mounted secrets: the file `name` holds the password, a file "username" beside it the role, if there is
/// one. Kubernetes replaces both at once, and they are read as a pair.
source_ptr make_secret_directory_source(std::string folder, std::string name);
/// The credential `name` that systemd hands to the service: a file in $CREDENTIALS_DIRECTORY.
source_ptr make_systemd_source(std::string name);
/// What a program prints; see command_answer.hpp.
source_ptr make_command_source(const credential_options& how);
/// A password that stood in the configuration.
source_ptr make_literal_source(secret password);
/// An environment variable.
source_ptr make_environment_source(std::string variable);
/// A file in the format of libpq's passfile. `path` empty: $PGPASSFILE, or ~/.pgpass, which need not be there.
source_ptr make_passfile_source(std::string path);

} // namespace tripool
