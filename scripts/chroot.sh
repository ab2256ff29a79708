# A bare Debian 12 in a folder, for the scripts that try things on a fresh machine. It is sourced by bash after lib.sh,
# with $folder set to where the log goes and $root to where the system is made. It never touches the machine itself.
# shellcheck shell=bash disable=SC2154

# The Debian archives that this machine uses, as "URI suite component" lines.
archives() {
  # shellcheck disable=SC2016  # apt's variables, not the shell's
  apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    sed -n 's/^Debian //p' | sort -u
}

# make_root [debootstrap option...]
make_root() {
  local archive
  [ -n "$(archives)" ] || apt_update
  archive=$(archives | awk '$2 == "bookworm" && $3 == "main" {print $1; exit}')
  [ -n "$archive" ] || die "no archive of Debian 12 in this machine's apt sources"
  local options=(--variant=minbase "$@") proxy=
  eval "$(apt-config shell proxy Acquire::http::Proxy)"
  env ${proxy:+http_proxy="$proxy"} debootstrap "${options[@]}" bookworm "$root" "$archive" \
    >"$folder/debootstrap.log" ||
    die "debootstrap failed: $(tail -n 3 "$folder/debootstrap.log")"
  archives | sed 's/^/deb /' >"$root/etc/apt/sources.list"
  apt-config dump | grep -E '^Acquire::(http|https|Retries)' >"$root/etc/apt/apt.conf.d/90network" || true
  cp /etc/resolv.conf /etc/hosts "$root/etc/"
}
