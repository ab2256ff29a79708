// Memory for secrets that is in no core dump, is not swapped out where the system allows that, and is empty in a forked
// child. Knows nothing of what a secret is. Used by whatever makes the first secret of a process.
#pragma once

namespace tripool {

/// From now on secrets live in pages of their own (MADV_DONTDUMP, MADV_WIPEONFORK, mlock as far as the limit allows).
/// Thread-safe; the first call counts.
void protect_secrets();

} // namespace tripool
