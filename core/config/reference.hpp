// The reference part of the configuration's page, written from the option table, so that page and program agree.
// Pure text. Used by the test that compares them and by whoever rewrites the page.
#pragma once

#include "tripool/core/config/option_table.hpp"

#include <string>
#include <string_view>

namespace tripool {

/// Returns the Markdown table of a group: key, default, what is allowed, meaning.
std::string reference_table(option_group group);

/// Returns the page with everything between `<!-- table: GROUP -->` and `<!-- end -->` replaced by that group's table;
/// GROUP is top, requests, monitor, supervision, listening or pool.
std::string rewrite_reference(std::string_view page);

} // namespace tripool
