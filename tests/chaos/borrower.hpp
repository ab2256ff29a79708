// An actor that borrows a transaction, takes a lock and writes a row in it, and is killed: at which moment is the
// scenario's to say. What it leaves behind is looked for in the server.
// Knows no other scenario. Used by scenarios_clients.cpp.
#pragma once

#include "tests/chaos/stage.hpp"

#include <caf/actor.hpp>

#include <cstdint>
#include <future>

namespace tripool::chaos {

/// When a borrower dies.
enum class moment : std::uint8_t {
  ordering, ///< It has asked for a transaction, and heard nothing.
  resting,  ///< Its statements are done; it does nothing.
  running,  ///< A statement of its runs, for much longer.
};

/// The borrower. Ends with the object at the latest.
class borrower {
public:
  borrower(stage& s, moment at, std::int64_t key);
  ~borrower();
  borrower(const borrower&) = delete;
  borrower& operator=(const borrower&) = delete;

  /// Waits until its moment has come. Throws `stage_error` when it does not.
  void wait_until_there();
  void die();

  /// How many transactions of borrowers the first server still has.
  static std::uint64_t left_behind(stage& s);

private:
  stage& stage_;
  moment at_;
  std::future<void> there_;
  caf::actor self_;
};

} // namespace tripool::chaos
