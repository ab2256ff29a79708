// The subscribers of a history: whatever is committed while they listen they are told, or told of a gap.
// Knows no actor's inside. Used by the simulation.
#pragma once

#include "tests/simulation/stage.hpp"

#include <memory>
#include <string>
#include <vector>

namespace tripool::test {

/// What one of them heard, in its order.
struct ear_log {
  struct entry {
    enum class kind : std::uint8_t { subscribed, heard, gap, over };
    kind what = kind::heard;
    time_point at{};
    std::string payload{};
  };
  std::vector<entry> all;
};

/// The subscribers, all to the same channels.
class ears {
public:
  explicit ears(stage& s);
  ears(const ears&) = delete;
  ears& operator=(const ears&) = delete;
  ~ears();

  /// Those who do not subscribe yet ask to.
  void subscribe();
  /// Compares what they heard with what was committed. `payloads`: all that was notified in the history that survives.
  void look_at_the_end();
  /// All of them end.
  void end();

private:
  struct ear {
    caf::actor who;
    std::shared_ptr<ear_log> log;
    bool asked = false;
  };
  void look_at(const ear_log& log, const std::string& payload, time_point at);

  stage& s_;
  std::vector<ear> all_;
};

} // namespace tripool::test
