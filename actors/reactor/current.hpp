// Which loop has the calling thread. Asks nothing of the loop that is compared: it may be gone, its actors may not.
// Used by the reactor, which says so, and by loop_actor.
#pragma once

namespace tripool {

class reactor;

/// The loop that runs on the calling thread; null: none.
const reactor* current_reactor() noexcept;

} // namespace tripool
