// The status page's files, put into the executable by the build (cmake/embed.cmake) from service/http/page.
// Used by the HTTP endpoint.
#pragma once

#include <string_view>

namespace tripool::service::page {

extern const std::string_view index_html;
extern const std::string_view page_css;
extern const std::string_view page_js;
extern const std::string_view favicon_svg;

} // namespace tripool::service::page
