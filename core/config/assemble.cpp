// From settings to options: sorts settings by group, applies them in the order of their precedence, and checks the
// whole.
#include "tripool/core/config/assemble.hpp"

#include "tripool/core/config/apply.hpp"
#include "tripool/core/config/credential_rules.hpp"
#include "tripool/core/config/order_rules.hpp"
#include "tripool/core/config/simple_pool.hpp"
#include "tripool/core/config/suggestion.hpp"
#include "tripool/core/util/utf8.hpp"

#include <algorithm>
#include <array>

namespace tripool {

namespace {

constexpr std::array<std::string_view, 7> group_names{"requests",    "monitor",       "supervision", "listening",
                                                      "simple-pool", "pool-defaults", "pools"};

constexpr std::array<std::string_view, 3> known_pools{"primary", "backup", "failover"};

std::optional<option_group> plain_group(std::string_view name) {
  if (name == "requests") return option_group::requests;
  if (name == "monitor") return option_group::monitor;
  if (name == "supervision") return option_group::supervision;
  if (name == "listening") return option_group::listening;
  if (name == "simple-pool") return option_group::simple_pool;
  return std::nullopt;
}

std::string describe_place(option_group x) {
  if (x == option_group::top) return "directly under tripool";
  if (x == option_group::pool) return "in a pool (tripool.pools.NAME or tripool.pool-defaults)";
  return "in tripool." + std::string{group_name(x)};
}

// "tripool.conf:12: ", as far as it is known.
std::string place_prefix(const config_origin& x) {
  auto out = x.file;
  if (x.line > 0) out.append(out.empty() ? "line " : ":").append(std::to_string(x.line));
  return out.empty() ? out : out + ": ";
}

// Puts what a connection string says, or the client library's defaults, over what a pool has; the password apart.
void take_parts(const connection_parts& parts, pool_options& pool) {
  auto& target = pool.target;
  if (parts.host || parts.address) {
    target.host = parts.host.value_or(std::string{});
    target.address = parts.address.value_or(std::string{});
  }
  if (parts.port) target.port = *parts.port;
  if (parts.dbname) target.dbname = *parts.dbname;
  if (parts.user) target.user = *parts.user;
  if (parts.application_name) target.application_name = *parts.application_name;
  if (parts.passfile) pool.credentials.passfile = *parts.passfile;
  for (const auto& [key, value] : parts.options) {
    const auto same = [&name = key](const auto& o) { return o.first == name; };
    const auto at = std::find_if(target.options.begin(), target.options.end(), same);
    if (at != target.options.end())
      at->second = value;
    else
      target.options.emplace_back(key, value);
  }
}

// The settings of one pool, or of pool-defaults.
struct pool_section {
  std::string name;
  std::vector<const setting*> settings;
  config_origin origin; // Of its group; unknown where only settings came.
};

class assembler {
public:
  assembler(const setting_list& from, const assembly_context& with) : from_(from), with_(with) {}

  assembly run() {
    out_.values = default_options();
    out_.values.pools.clear();
    sort_groups();
    for (const auto& x : from_.settings) sort_setting(x);
    for (const auto group : {option_group::requests, option_group::monitor, option_group::supervision,
                             option_group::listening, option_group::simple_pool}) {
      pool_options unused;
      check_order(group, out_.values, unused, stated_, nullptr, out_.errors);
    }
    add_pools();
    check_simple_pool();
    // By line: a reader works through the file from its top.
    std::stable_sort(out_.errors.begin(), out_.errors.end(),
                     [](const auto& a, const auto& b) { return a.origin.line < b.origin.line; });
    return std::move(out_);
  }

private:
  void error(const config_origin& at, std::string key, std::string value, std::string message) {
    out_.errors.push_back({at, std::move(key), std::move(value), std::move(message)});
  }

  pool_section& section_of(const std::string& name) {
    for (auto& x : sections_)
      if (x.name == name) return x;
    return sections_.emplace_back(pool_section{name, {}, {}});
  }

  void sort_groups() {
    for (const auto& g : from_.groups) {
      const auto known = std::find(group_names.begin(), group_names.end(), g.path.front()) != group_names.end();
      if (!known) {
        if (g.path.size() == 1) unknown_group(g);
        continue; // What stands in it is covered by the one error.
      }
      const bool in_pools = g.path.front() == "pools";
      if (in_pools && g.path.size() == 2) {
        if (auto& section = section_of(g.path[1]); section.origin.line == 0) section.origin = g.origin;
      }
      if (g.path.size() == (in_pools ? 3u : 2u))
        error(g.origin, full_key(g.path), {}, find_pool_key(g) ? "is a key, not a group" : "there is no such group");
    }
  }

  static bool find_pool_key(const setting_group& g) {
    const auto group = g.path.front() == "pools" || g.path.front() == "pool-defaults"
                         ? option_group::pool
                         : plain_group(g.path.front()).value_or(option_group::top);
    return find_option(group, g.path.back()) != nullptr;
  }

  void unknown_group(const setting_group& g) {
    const auto& name = g.path.front();
    if (find_option(option_group::top, name) != nullptr) {
      error(g.origin, full_key(g.path), {}, "is a key, not a group");
      return;
    }
    auto hint = did_you_mean(name, group_names);
    if (hint.empty())
      hint = "; groups are requests, monitor, supervision, listening, simple-pool, pool-defaults and pools";
    error(g.origin, full_key(g.path), {}, "there is no such group" + hint);
  }

  // Remembers the setting, or complains when it stands there already.
  bool first_of(const setting& x) {
    const auto key = full_key(x.path);
    const auto [place, fresh] = seen_.emplace(key, &x);
    if (fresh) return true;
    auto message = std::string{"is set twice"};
    if (place->second->origin.line > 0) message += "; first in line " + std::to_string(place->second->origin.line);
    error(x.origin, key, {}, std::move(message));
    return false;
  }

  void sort_setting(const setting& x) {
    const auto& head = x.path.front();
    const bool in_pools = head == "pools";
    if (x.path.size() == 1) {
      if (std::find(group_names.begin(), group_names.end(), head) != group_names.end()) {
        error(x.origin, full_key(x.path), to_string(x.value), "is a group: write " + head + " { key = value ... }");
        return;
      }
      if (first_of(x)) apply_plain(x, option_group::top);
    } else if (in_pools && x.path.size() == 2) {
      error(x.origin, full_key(x.path), {},
            find_option(option_group::pool, x.path[1]) != nullptr
              ? "stands outside a pool: put it into pool-defaults or into a pool (pools { primary { ... } })"
              : "is a pool: write " + x.path[1] + " { connection = \"host=... dbname=...\" }");
    } else if (in_pools && x.path.size() == 3) {
      if (first_of(x)) section_of(x.path[1]).settings.push_back(&x);
    } else if (head == "pool-defaults" && x.path.size() == 2) {
      if (first_of(x)) defaults_.settings.push_back(&x);
    } else if (const auto group = plain_group(head); group && x.path.size() == 2) {
      if (first_of(x)) apply_plain(x, *group);
    }
  }

  const option_spec* find_or_complain(const setting& x, option_group group) {
    const auto& key = x.path.back();
    if (const auto* spec = find_option(group, key)) return spec;
    auto hint = did_you_mean(key, option_names(group));
    for (const auto& other : option_table()) {
      if (other.key != key) continue;
      hint = "; it belongs " + describe_place(other.group);
      break;
    }
    error(x.origin, full_key(x.path), {}, "there is no such key" + hint); // The value may be a secret: not shown.
    return nullptr;
  }

  // Applies a setting that stands in its final place. Returns whether it was right.
  bool apply_to(const setting& x, const option_spec& spec, pool_options& pool) {
    if (auto message = apply_value(spec, x.value, out_.values, pool)) {
      error(x.origin, full_key(x.path), spec.is_secret ? "" : to_string(x.value), std::move(*message));
      return false;
    }
    if (spec.type == option_type::path) resolve(*std::get<std::string*>(spec.field(out_.values, pool)));
    return true;
  }

  void resolve(std::string& path) const {
    // "system" is libpq's name for the system's certificate authorities.
    if (path.empty() || path.front() == '/' || with_.folder.empty() || path == "system") return;
    path = with_.folder + '/' + path;
  }

  void apply_plain(const setting& x, option_group group) {
    pool_options unused;
    if (const auto* spec = find_or_complain(x, group))
      if (apply_to(x, *spec, unused)) stated_.emplace(spec, &x);
  }

  // One layer of a pool's settings over another. `pool` and `password` already hold what lower layers said.
  struct pool_layers {
    pool_options pool;
    secret password;
    bool has_password = false;
    const setting* password_from = nullptr;
    stated_settings stated;
  };

  void apply_layer(const pool_section& section, pool_layers& to, bool report) {
    // What was reported for pool-defaults is not reported again for each pool.
    const auto errors_before = out_.errors.size();
    for (const auto* x : section.settings)
      if (x->path.back() == "connection") apply_connection(*x, to);
    const setting* password = nullptr;
    const setting* password_file = nullptr;
    for (const auto* x : section.settings) {
      const auto* spec = find_or_complain(*x, option_group::pool);
      if (spec == nullptr || spec->key == "connection") continue;
      if (spec->key == "password") {
        if (apply_password(*x, *spec, to)) password = x;
        continue;
      }
      if (!apply_to(*x, *spec, to.pool)) continue;
      to.stated[spec] = x;
      if (spec->key == "password-file") password_file = x;
      if (spec->key == "host") check_host(*x, to.pool);
    }
    if (password != nullptr && password_file != nullptr)
      error(password_file->origin, full_key(password_file->path), {},
            "cannot stand beside a password: keep one of them");
    else if (password_file != nullptr)
      to.has_password = false; // The nearer setting wins over a password from below.
    else if (password != nullptr)
      to.pool.credentials.password_file.clear();
    if (!report) out_.errors.resize(errors_before);
  }

  bool apply_password(const setting& x, const option_spec& spec, pool_layers& to) {
    std::string message;
    const auto* text = text_of(spec, x.value, message);
    if (text == nullptr) {
      error(x.origin, full_key(x.path), {}, std::move(message));
      return false;
    }
    to.password = secret{std::string{*text}};
    to.has_password = true;
    to.password_from = &x;
    return true;
  }

  void check_host(const setting& x, pool_options& pool) {
    auto& target = pool.target;
    target.address.clear(); // A host of its own replaces the address that a connection string gave.
    if (find_text_fault(target.host)) error(x.origin, full_key(x.path), {}, not_utf8);
    if (target.host.find(',') != std::string::npos)
      error(x.origin, full_key(x.path), to_string(x.value), "a pool has one server: make a pool for each");
  }

  static constexpr const char* not_utf8 = "the host is not valid UTF-8: no server has such a name";

  void apply_connection(const setting& x, pool_layers& to) {
    std::string message;
    const auto* text = text_of(*find_option(option_group::pool, "connection"), x.value, message);
    if (text == nullptr) {
      error(x.origin, full_key(x.path), {}, std::move(message));
      return;
    }
    auto read = with_.read_connection(*text);
    if (const auto* wrong = std::get_if<std::string>(&read)) {
      error(x.origin, full_key(x.path), {}, *wrong);
      return;
    }
    auto& parts = std::get<connection_parts>(read);
    if (parts.host && find_text_fault(*parts.host)) error(x.origin, full_key(x.path), {}, not_utf8);
    take_parts(parts, to.pool);
    if (!parts.has_password) return;
    to.password = std::move(parts.password);
    to.has_password = true;
    to.password_from = &x;
    to.pool.credentials.password_file.clear();
  }

  void add_pools() {
    pool_layers scratch;
    apply_layer(defaults_, scratch, true);
    order_sections();
    for (const auto& section : sections_) add_pool(section);
    for (auto& [pool, x] : check_shared_credentials(out_.values.pools))
      error(section_of(pool).origin, full_key({"pools", pool, x.key}), x.value, x.message);
    if (sections_.empty()) {
      error(from_.origin, "tripool.pools", {},
            "no pool is configured: at least one is needed, for example pools { primary { connection = \"host=... "
            "dbname=... user=...\" } }");
    } else if (sections_.size() > pools_max) {
      error(from_.origin, "tripool.pools", std::to_string(sections_.size()) + " pools",
            "at most " + std::to_string(pools_max) + " pools are possible");
    } else if (std::none_of(out_.values.pools.begin(), out_.values.pools.end(), [](auto& p) { return p.enabled; })) {
      error(from_.origin, "tripool.pools", {}, "all pools are disabled: at least one is needed");
    }
  }

  void check_simple_pool() {
    const auto& wanted = out_.values.simple.pool;
    if (wanted.empty() || find_pool(out_.values, wanted)) return;
    const auto at = stated_.find(find_option(option_group::simple_pool, "pool"));
    error(at == stated_.end() ? from_.origin : at->second->origin, "tripool.simple-pool.pool", '"' + wanted + '"',
          "there is no such pool" + did_you_mean(wanted, names_of(out_.values)));
  }

  // primary, backup, failover, then the others as they came.
  void order_sections() {
    const auto rank = [](const pool_section& x) {
      if (x.name == "primary") return 0;
      if (x.name == "backup") return 1;
      return x.name == "failover" ? 2 : 3;
    };
    std::stable_sort(sections_.begin(), sections_.end(), [&](auto& a, auto& b) { return rank(a) < rank(b); });
  }

  void add_pool(const pool_section& section) {
    pool_layers layers;
    for (auto& p : default_options().pools)
      if (p.name == section.name) layers.pool = p;
    layers.pool.name = section.name;
    layers.pool.target.application_name = "tripool";
    take_parts(with_.defaults, layers.pool);
    apply_layer(defaults_, layers, false);
    apply_layer(section, layers, true);
    warn_of_name(section);
    check_order(option_group::pool, out_.values, layers.pool, layers.stated, &section.name, out_.errors);
    if (layers.has_password) {
      layers.pool.credentials.inline_password = true;
      out_.inline_passwords.insert_or_assign(section.name, std::move(layers.password));
      warn_of_password(section.name, *layers.password_from);
    }
    drop_empty_options(layers.pool);
    complain_of_credentials(section, layers.pool);
    out_.values.pools.push_back(std::move(layers.pool));
  }

  void complain_of_credentials(const pool_section& section, const pool_options& pool) {
    for (auto& x : check_credentials(pool)) {
      auto origin = section.origin;
      for (const pool_section* from : std::initializer_list<const pool_section*>{&defaults_, &section})
        for (const auto* s : from->settings)
          if (s->path.back() == x.key) origin = s->origin;
      error(origin, full_key({"pools", section.name, x.key}), x.value, x.message);
    }
  }

  // `sslmode = ""` takes a keyword back that a lower layer set.
  static void drop_empty_options(pool_options& pool) {
    std::erase_if(pool.target.options, [](const auto& x) { return x.second.empty(); });
  }

  // A mistyped primary would be a pool of another rank with other defaults.
  void warn_of_name(const pool_section& x) {
    const auto meant = mistyped_name(x.name, known_pools);
    if (meant.empty()) return;
    out_.warnings.push_back(place_prefix(x.origin) + "did you mean " + std::string{meant} + "? " + x.name
                            + " is a pool of its own, which comes after primary, backup and failover");
  }

  void warn_of_password(const std::string& pool, const setting& x) {
    auto text = place_prefix(x.origin) + "the password of pool " + pool + " stands in " + full_key(x.path)
                + ", where everybody sees it who may read the configuration; password-file or passfile keep it apart";
    out_.warnings.push_back(std::move(text));
  }

  const setting_list& from_;
  const assembly_context& with_;
  assembly out_;
  std::map<std::string, const setting*> seen_;
  stated_settings stated_;
  pool_section defaults_;
  std::vector<pool_section> sections_;
};

} // namespace

assembly assemble(const setting_list& from, const assembly_context& with) {
  return assembler{from, with}.run();
}

} // namespace tripool
