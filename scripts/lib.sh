# What ./run, ./check and the scripts of this folder share: messages, and the installation of missing Debian packages.
# It is sourced by bash with `set -euo pipefail`, with $top set to the top folder of the tree; it never touches a
# PostgreSQL server that is already there.
# shellcheck shell=bash disable=SC2034,SC2154

# What building and running needs, and what the checks need beyond that. `postgresql` stands for any server >= 15.
packages_run=(g++ cmake ninja-build pkg-config libcaf-dev libpq-dev libspdlog-dev libcli11-dev nlohmann-json3-dev
  libcpp-httplib-dev prometheus-cpp-dev libmimalloc-dev postgresql)
packages_check=("${packages_run[@]}" catch2 librapidcheck-dev python3 clang-14 libclang-rt-14-dev lld
  clang-format-14 pgbouncer nftables prometheus tmux valgrind openssl
  libgumbo-dev libxxhash-dev postgresql-doc doxygen)
packages_tidy=(clang-tidy-14)
packages_browser=(chromium chromium-driver)
# What the micro benchmarks need; those of tests/benchmarks/compare's peers stand there.
packages_bench=(libbenchmark-dev)

say() { printf '%s\n' "$*"; }

die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

is_installed() {
  if [ "$1" = postgresql ]; then
    has_postgresql_server && return 0
  fi
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

has_postgresql_server() {
  local bin version
  for bin in /usr/lib/postgresql/*/bin; do
    version=${bin#/usr/lib/postgresql/}
    version=${version%/bin}
    if [[ "$version" =~ ^[0-9]+$ ]] && [ "$version" -ge 15 ] && [ -x "$bin/initdb" ] && [ -x "$bin/postgres" ] &&
       [ -x "$bin/pg_basebackup" ]; then
      return 0
    fi
  done
  return 1
}

has_candidate() {
  apt-cache policy "$1" 2>/dev/null | grep -q '^  Candidate: [0-9]'
}

# apt's own output is shown only when it fails.
apt_install() { apt_quietly install -y --no-install-recommends "$@"; }

apt_update() { apt_quietly update; }

apt_quietly() {
  local output
  output=$(as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" \
    </dev/null 2>&1) || { say "$output" >&2; return 1; }
}

# install_missing <package>...: installs those that are not installed, and nothing else. The package lists are fetched
# only when they do not know a package, or when an installation from them failed (they may be out of date).
install_missing() {
  local package missing=() unknown=0
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "This is not a Debian system; going on with what is installed. Needed: $*"
    return 0
  fi
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    die "missing packages, and neither root nor sudo to install them. As root: apt-get install ${missing[*]}"
  fi
  say "Installing what is missing: ${missing[*]}"
  case " ${missing[*]} " in *" postgresql "*) keep_default_cluster_away ;; esac
  case " ${missing[*]} " in
    *" pgbouncer "* | *" prometheus "* | *" patroni "* | *" etcd-server "*) keep_services_stopped ;;
  esac
  for package in "${missing[@]}"; do
    has_candidate "$package" || unknown=1
  done
  local status=0
  if [ "$unknown" -eq 1 ]; then apt_update || status=$?; fi
  if [ "$status" -eq 0 ] && ! apt_install "${missing[@]}"; then
    say "The installation failed; trying again with fresh package lists."
    { apt_update && apt_install "${missing[@]}"; } || status=$?
  fi
  undo_precautions
  [ "$status" -eq 0 ] || die "could not install: ${missing[*]}"
}

# Debian's server package makes and starts a cluster of its own when it is installed for the first time. Tripool makes
# its own private ones, so a drop-in file switches that off for the time of the installation.
cluster_drop_in=/etc/postgresql-common/createcluster.d/tripool-no-main-cluster.conf
cluster_drop_in_folders=()

keep_default_cluster_away() {
  local folder
  for folder in /etc/postgresql-common /etc/postgresql-common/createcluster.d; do
    [ -d "$folder" ] && continue
    as_root mkdir "$folder"
    cluster_drop_in_folders=("$folder" "${cluster_drop_in_folders[@]}")
  done
  trap undo_precautions EXIT
  say 'create_main_cluster = false' | as_root tee "$cluster_drop_in" >/dev/null
}

allow_default_cluster() {
  [ -e "$cluster_drop_in" ] || return 0
  as_root rm -f "$cluster_drop_in"
  local folder
  for folder in "${cluster_drop_in_folders[@]}"; do
    as_root rmdir --ignore-fail-on-non-empty "$folder"
  done
  cluster_drop_in_folders=()
}

# The tests start a PgBouncer of their own and use a tool of Prometheus; the packages would start services. A policy
# file keeps Debian's scripts from starting anything for the time of the installation.
policy_file=/usr/sbin/policy-rc.d
policy_is_ours=0

keep_services_stopped() {
  trap undo_precautions EXIT
  [ -e "$policy_file" ] && return 0
  policy_is_ours=1
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy_file" >/dev/null
  as_root chmod 755 "$policy_file"
}

allow_services() {
  [ "$policy_is_ours" -eq 1 ] || return 0
  as_root rm -f "$policy_file"
  policy_is_ours=0
  if command -v systemctl >/dev/null; then
    as_root systemctl --quiet disable pgbouncer.service prometheus.service patroni.service etcd.service \
      2>/dev/null || true
  fi
}

undo_precautions() {
  allow_default_cluster
  allow_services
  trap - EXIT
}

# build_preset <preset> [target...]: configures and builds, with one compiler for each core.
build_preset() {
  local preset=$1
  shift
  (cd "$top" && cmake --preset "$preset" && cmake --build --preset "$preset" -j "$(nproc)" ${1:+--target "$@"})
}

# tree_files <pattern>...: the tree's own files, from git where the folder is a clone, else by looking.
tree_files() {
  if git -C "$top" ls-files -z -- "$@" 2>/dev/null | grep -qz .; then
    git -C "$top" ls-files -- "$@"
  else
    local pattern tests=()
    for pattern in "$@"; do tests+=(${tests[@]:+-o} -name "$pattern"); done
    (cd "$top" && find . \( -path ./build -o -path ./.git \) -prune -o -type f \( "${tests[@]}" \) -printf '%P\n')
  fi
}
