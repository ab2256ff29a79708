// BEGIN, BEGIN READ ONLY and COMMIT under prepared names, for one session. After the server lost or refused them they
// are prepared anew under fresh names, and after too many losses sent as text. ROLLBACK is always text: it must work.
// Knows nothing of the wire. Used by the pipeline machine only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace tripool {

/// The statements around a unit's own. Not thread-safe.
class control_statements {
public:
  enum class which : std::uint8_t { begin, begin_read_only, commit };
  static constexpr std::array all{which::begin, which::begin_read_only, which::commit};

  static const std::string& text(which x) noexcept;
  /// The name it is prepared under. Precondition: `ready()`.
  const std::string& name(which x) const noexcept { return names_[static_cast<std::size_t>(x)]; }
  /// Prepared, or on the wire to be.
  bool ready() const noexcept { return ready_; }
  /// Whether it is worth preparing them.
  bool wanted() const noexcept { return !ready_ && generation_ < generations_max; }
  /// They are prepared from now on, under fresh names.
  void renew();
  /// One could not be prepared, or is gone; a name of an earlier generation says nothing.
  void lost(const std::string& name) noexcept;
  void lost_all() noexcept { ready_ = false; }
  /// The session was reset at our own wish: they are gone, and no failure counts.
  void reset() noexcept {
    ready_ = false;
    generation_ = 0;
  }
  /// Whether a name is one of those in use.
  bool has(const std::string& name) const noexcept;

private:
  static constexpr std::uint32_t generations_max = 8;

  std::array<std::string, all.size()> names_;
  std::uint32_t generation_ = 0;
  bool ready_ = false;
};

} // namespace tripool
