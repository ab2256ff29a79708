#compdef tripool
# Completion of `tripool` for zsh: commands, their options, and what options take. A test compares it with `--help`.

_tripool_commands() {
  local -a commands=(
    'check-config:Read a configuration file and say what is wrong with it'
    'pipe:Answer JSON lines from standard input on standard output'
    'serve:Run the pools until SIGINT or SIGTERM'
    'bench:Measure one pool'
    'tokens:Make or clean the table for writes that take effect exactly once'
    'status:Show what a running service does, as a table or JSON'
    'top:Watch a running service in the terminal (80x24 is enough)'
    'events:Show what has happened'
    'control:Give an order to a running service (serve --http-control)'
    'query:Run one statement through the pools and print its rows'
    'doctor:Check the configuration and every server it names, and say what to mend'
    'demo:Make a private PostgreSQL, crash it under load, show what happens'
  )
  _describe command commands
}

_tripool_tokens() {
  local -a orders=(
    'create:Make the table tripool.tokens where it does not exist'
    'clean:Delete old tokens'
  )
  _arguments -C '(-h --help)'{-h,--help}'[say what there is]' '1:order:->order' '*::argument:->argument'
  case $state in
    order) _describe order orders ;;
    argument)
      case $words[1] in
        create)
          _arguments \
            '--config[the configuration file]:config:_files' \
            '(-h --help)'{-h,--help}'[say what there is]'
          ;;
        clean)
          _arguments \
            '--config[the configuration file]:config:_files' \
            '--days[older than so many days]:days: ' \
            '--rows[at most so many]:rows: ' \
            '(-h --help)'{-h,--help}'[say what there is]'
          ;;
      esac
      ;;
  esac
}

_tripool_control() {
  local -a orders=(
    'hold:The pool serves nothing until it is released'
    'release:It serves again'
    'failover:FROM serves nothing until failback'
    'failback:End all holds and preferences'
    'resize:Other bounds for the number of connections'
    'recycle:Replace every connection, one after the other'
    'refresh:Ask the sources of secrets now'
    'reload:Load the configuration file again'
    'log-level:How much is logged'
  )
  _arguments -C '(-h --help)'{-h,--help}'[say what there is]' '1:order:->order' '*::argument:->argument'
  case $state in
    order) _describe order orders ;;
    argument)
      case $words[1] in
        hold)
          _arguments \
            '--at[HOST PORT of the service]:at: ' \
            '--token-file[file with the token]:token-file:_files' \
            '--empty[close its connections too]' \
            '--anyway[even if nobody else serves]' \
            '(-h --help)'{-h,--help}'[say what there is]' \
            '1:POOL:(primary backup failover)'
          ;;
        release)
          _arguments \
            '--at[HOST PORT of the service]:at: ' \
            '--token-file[file with the token]:token-file:_files' \
            '(-h --help)'{-h,--help}'[say what there is]' \
            '1:POOL:(primary backup failover)'
          ;;
        failover)
          _arguments \
            '--at[HOST PORT of the service]:at: ' \
            '--token-file[file with the token]:token-file:_files' \
            '--anyway[even if TO takes no writes now]' \
            '(-h --help)'{-h,--help}'[say what there is]' \
            '1:FROM:(primary backup failover)' \
            '2:TO:(primary backup failover)'
          ;;
        failback)
          _arguments \
            '--at[HOST PORT of the service]:at: ' \
            '--token-file[file with the token]:token-file:_files' \
            '(-h --help)'{-h,--help}'[say what there is]'
          ;;
        resize)
          _arguments \
            '--at[HOST PORT of the service]:at: ' \
            '--token-file[file with the token]:token-file:_files' \
            '(-h --help)'{-h,--help}'[say what there is]' \
            '1:POOL:(primary backup failover)' \
            '2:MIN: ' \
            '3:MAX: '
          ;;
        recycle)
          _arguments \
            '--at[HOST PORT of the service]:at: ' \
            '--token-file[file with the token]:token-file:_files' \
            '(-h --help)'{-h,--help}'[say what there is]' \
            '1:POOL:(primary backup failover)'
          ;;
        refresh)
          _arguments \
            '--at[HOST PORT of the service]:at: ' \
            '--token-file[file with the token]:token-file:_files' \
            '(-h --help)'{-h,--help}'[say what there is]' \
            '1:POOL:(primary backup failover)'
          ;;
        reload)
          _arguments \
            '--at[HOST PORT of the service]:at: ' \
            '--token-file[file with the token]:token-file:_files' \
            '(-h --help)'{-h,--help}'[say what there is]'
          ;;
        log-level)
          _arguments \
            '--at[HOST PORT of the service]:at: ' \
            '--token-file[file with the token]:token-file:_files' \
            '(-h --help)'{-h,--help}'[say what there is]' \
            '1:LEVEL:(trace debug info warn error off)'
          ;;
      esac
      ;;
  esac
}

_tripool() {
  local state
  _arguments -C '(-h --help)'{-h,--help}'[say what there is]' '--version[say which version this is]' \
    '1:command:_tripool_commands' '*::argument:->argument'
  [[ $state == argument ]] || return
  case $words[1] in
    check-config)
      _arguments \
        '(-h --help)'{-h,--help}'[say what there is]' \
        '1:FILE:_files'
      ;;
    pipe)
      _arguments \
        '--config[the configuration file]:config:_files' \
        '--log-level[how much is logged]:log-level:(trace debug info warn error off)' \
        '(-h --help)'{-h,--help}'[say what there is]'
      ;;
    serve)
      _arguments \
        '--config[the configuration file]:config:_files' \
        '--log-level[how much is logged]:log-level:(trace debug info warn error off)' \
        '--http[status page at HOST PORT]:http: ' \
        '--http-token-file[file with the token]:http-token-file:_files' \
        '--log-format[text or json]:log-format:(text json)' \
        '--slow-log[log statements slower than so many milliseconds]:slow-log: ' \
        '--http-control[the endpoint takes orders (tripool control)]' \
        '--listen[ADDRESS PORT for callers on other nodes]:listen: ' \
        '--tls-certificate[PEM file of the certificate]:tls-certificate:_files' \
        '--tls-key[PEM file of its key]:tls-key:_files' \
        '--tls-authority[PEM file of the authority]:tls-authority:_files' \
        '--insecure-plaintext-beyond-loopback[listen beyond loopback without TLS]' \
        '(-h --help)'{-h,--help}'[say what there is]'
      ;;
    bench)
      _arguments \
        '--dsn[connection string]:dsn: ' \
        '--connections[how many]:connections: ' \
        '--callers[how many]:callers: ' \
        '--seconds[for how long]:seconds: ' \
        '--workload[what is asked]:workload:(select1 point update rows1000 tx mixed)' \
        '--callers-on[where callers live]:callers-on:(loop scheduler)' \
        '--rate[arrivals a second]:rate: ' \
        '--loops[event loops]:loops: ' \
        '--pipeline-depth[how many]:pipeline-depth: ' \
        '--frame-max[how many]:frame-max: ' \
        '--resilient[three pools in place of one]' \
        '--write[it changes something]' \
        '--json[as JSON]' \
        '(-h --help)'{-h,--help}'[say what there is]'
      ;;
    tokens) _tripool_tokens ;;
    status)
      _arguments \
        '--at[HOST PORT of the service]:at: ' \
        '--token-file[file with the token]:token-file:_files' \
        '--node[HOST PORT of nodes that let callers in]:node: ' \
        '--tls-certificate[PEM file of the certificate]:tls-certificate:_files' \
        '--tls-key[PEM file of its key]:tls-key:_files' \
        '--tls-authority[PEM file of the authority]:tls-authority:_files' \
        '--json[as JSON]' \
        '(-h --help)'{-h,--help}'[say what there is]'
      ;;
    top)
      _arguments \
        '--at[HOST PORT of the service]:at: ' \
        '--token-file[file with the token]:token-file:_files' \
        '--once[print one screen and end]' \
        '(-h --help)'{-h,--help}'[say what there is]'
      ;;
    events)
      _arguments \
        '--at[HOST PORT of the service]:at: ' \
        '--token-file[file with the token]:token-file:_files' \
        '-f[go on until Ctrl-C]' '--follow[go on until Ctrl-C]' \
        '--json[as JSON]' \
        '--pool[only events about this pool]:pool: ' \
        '--request[what happened to this request]:request: ' \
        '--limit[the newest so many]:limit: ' \
        '(-h --help)'{-h,--help}'[say what there is]'
      ;;
    control) _tripool_control ;;
    query)
      _arguments \
        '--config[the configuration file]:config:_files' \
        '--node[HOST PORT of nodes that let callers in]:node: ' \
        '--tls-certificate[PEM file of the certificate]:tls-certificate:_files' \
        '--tls-key[PEM file of its key]:tls-key:_files' \
        '--tls-authority[PEM file of the authority]:tls-authority:_files' \
        '*-p[a parameter, 1 first]:param: ' '*--param[a parameter, 1 first]:param: ' \
        '--format[table, csv or json]:format:(table csv json)' \
        '--pool[only this pool]:pool: ' \
        '--write[it changes something]' \
        '--timeout[seconds]:timeout: ' \
        '(-h --help)'{-h,--help}'[say what there is]' \
        '1:SQL: '
      ;;
    doctor)
      _arguments \
        '--config[the configuration file]:config:_files' \
        '--json[as JSON]' \
        '(-h --help)'{-h,--help}'[say what there is]'
      ;;
    demo)
      _arguments \
        '--serve[keep serving instead of running the demonstration]' \
        '--seconds[for how long]:seconds: ' \
        '--state-directory[where its PostgreSQL lives]:state-directory:_files -/' \
        '--log-level[how much is logged]:log-level:(trace debug info warn error off)' \
        '--http[status page at HOST PORT]:http: ' \
        '(-h --help)'{-h,--help}'[say what there is]'
      ;;
  esac
}

_tripool "$@"
