// Where a transaction on a borrowed session begins and ends, in the order of its borrower's commands: so that what was
// never sent can be told to belong to a transaction, or to be its beginning or its end.
// Reads texts as the statement checks do; knows no session. Used by lease_machine.
#pragma once

#include "tripool/core/lease/lease_unit.hpp"

#include <string_view>

namespace tripool {

/// What a text does to the transaction around it. COMMIT and ROLLBACK with AND CHAIN leave one open: `none`.
block_edge edge_of_text(std::string_view text) noexcept;

/// What a command does to the transaction around it. `text`: of a statement on a lease, the only texts that may begin
/// or end one; empty for all others.
block_edge edge_of(lease_task what, std::string_view text) noexcept;

/// Whether the command ends a transaction without committing it.
bool rolls_back(lease_task what, std::string_view text) noexcept;

} // namespace tripool
