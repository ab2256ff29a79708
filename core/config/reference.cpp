// Markdown from the option table.
#include "tripool/core/config/reference.hpp"

#include <array>
#include <utility>

namespace tripool {

namespace {

constexpr std::array<std::pair<std::string_view, option_group>, 7> marked_groups{
  {{"top", option_group::top},
   {"requests", option_group::requests},
   {"monitor", option_group::monitor},
   {"supervision", option_group::supervision},
   {"listening", option_group::listening},
   {"simple-pool", option_group::simple_pool},
   {"pool", option_group::pool}}};

std::string as_code(const std::string& x) {
  return x.empty() ? std::string{"none"} : '`' + x + '`';
}

} // namespace

std::string reference_table(option_group group) {
  std::string out = "| key | default | allowed | meaning |\n|---|---|---|---|\n";
  for (const auto& x : option_table()) {
    if (x.group != group) continue;
    const auto shown_default = x.default_note.empty() ? as_code(default_text(x)) : std::string{x.default_note};
    out.append("| `").append(x.key).append("` | ").append(shown_default).append(" | ");
    out.append(allowed_text(x)).append(" | ").append(x.doc).append(" |\n");
  }
  return out;
}

std::string rewrite_reference(std::string_view page) {
  constexpr std::string_view begin_mark = "<!-- table: ";
  constexpr std::string_view end_of_mark = " -->\n";
  constexpr std::string_view end_mark = "<!-- end -->";
  std::string out;
  for (;;) {
    const auto begin = page.find(begin_mark);
    if (begin == std::string_view::npos) break;
    const auto name_at = begin + begin_mark.size();
    const auto name_end = page.find(end_of_mark, name_at);
    const auto end = page.find(end_mark, name_at);
    if (name_end == std::string_view::npos || end == std::string_view::npos) break;
    const auto name = page.substr(name_at, name_end - name_at);
    out.append(page.substr(0, name_end + end_of_mark.size()));
    for (const auto& [mark, group] : marked_groups)
      if (mark == name) out.append("\n").append(reference_table(group)).append("\n");
    page.remove_prefix(end);
  }
  return out.append(page);
}

} // namespace tripool
