# Completion of `tripool` for bash: commands, then each command's orders and options, which the executable itself tells.
_tripool() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local commands="bench check-config control demo doctor events pipe query serve status tokens top"
  local levels="trace debug info warn error off"
  case "$previous" in
    --config | --http-token-file | --token-file | --tls-certificate | --tls-key | --tls-authority | check-config)
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    --state-directory)
      mapfile -t COMPREPLY < <(compgen -d -- "$current")
      return
      ;;
    --log-level | log-level)
      mapfile -t COMPREPLY < <(compgen -W "$levels" -- "$current")
      return
      ;;
    --log-format)
      mapfile -t COMPREPLY < <(compgen -W "text json" -- "$current")
      return
      ;;
    --format)
      mapfile -t COMPREPLY < <(compgen -W "table csv json" -- "$current")
      return
      ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" -- "$current")
    return
  fi
  local command=("${COMP_WORDS[1]}") orders=
  case "${COMP_WORDS[1]}" in
    control) orders="failback failover hold log-level recycle refresh release reload resize" ;;
    tokens) orders="clean create" ;;
  esac
  if [ -n "$orders" ] && [ "$COMP_CWORD" -eq 2 ]; then
    mapfile -t COMPREPLY < <(compgen -W "$orders --help" -- "$current")
    return
  fi
  [ -z "$orders" ] || command+=("${COMP_WORDS[2]}")
  local words
  words=$("${COMP_WORDS[0]}" "${command[@]}" --help 2>/dev/null | grep -oE '^ +(-[a-z],)?--[a-z][a-z-]*' |
    grep -oE -- '--[a-z-]*' | sort -u)
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _tripool tripool
