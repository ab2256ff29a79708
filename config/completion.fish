# Completion of `tripool` for fish: commands, their options, and what options take. A test compares it with `--help`.
function __tripool_command # COMMAND DESCRIPTION
    complete -c tripool -n __fish_use_subcommand -a $argv[1] -d $argv[2]
end
function __tripool # COMMAND WHAT...
    complete -c tripool -n "__fish_seen_subcommand_from $argv[1]" $argv[2..]
end
function __tripool_order # COMMAND ORDER WHAT...
    complete -c tripool -n "__fish_seen_subcommand_from $argv[1]; and __fish_seen_subcommand_from $argv[2]" $argv[3..]
end
function __tripool_orders # COMMAND ORDER DESCRIPTION, for each order
    set -l names
    for i in (seq 2 2 (count $argv)); set -a names $argv[$i]; end
    for i in (seq 2 2 (count $argv))
        complete -c tripool -n "__fish_seen_subcommand_from $argv[1]; and not __fish_seen_subcommand_from $names" \
            -a $argv[$i] -d $argv[(math $i + 1)]
    end
end

complete -c tripool -f
complete -c tripool -n __fish_use_subcommand -s h -l help -d 'say what there is'
complete -c tripool -n __fish_use_subcommand -l version -d 'say which version this is'
__tripool_command check-config 'Read a configuration file and say what is wrong with it'
__tripool_command pipe 'Answer JSON lines from standard input on standard output'
__tripool_command serve 'Run the pools until SIGINT or SIGTERM'
__tripool_command bench 'Measure one pool'
__tripool_command tokens 'Make or clean the table for writes that take effect exactly once'
__tripool_command status 'Show what a running service does, as a table or JSON'
__tripool_command top 'Watch a running service in the terminal (80x24 is enough)'
__tripool_command events 'Show what has happened'
__tripool_command control 'Give an order to a running service (serve --http-control)'
__tripool_command query 'Run one statement through the pools and print its rows'
__tripool_command doctor 'Check the configuration and every server it names, and say what to mend'
__tripool_command demo 'Make a private PostgreSQL, crash it under load, show what happens'

__tripool check-config -s h -l help -d 'say what there is'
__tripool check-config -F

__tripool pipe -s h -l help -d 'say what there is'
__tripool pipe -l config -r -F -d 'the configuration file'
__tripool pipe -l log-level -x -a 'trace debug info warn error off' -d 'how much is logged'

__tripool serve -s h -l help -d 'say what there is'
__tripool serve -l config -r -F -d 'the configuration file'
__tripool serve -l log-level -x -a 'trace debug info warn error off' -d 'how much is logged'
__tripool serve -l http -x -d 'status page at HOST:PORT'
__tripool serve -l http-token-file -r -F -d 'file with the token'
__tripool serve -l log-format -x -a 'text json' -d 'text or json'
__tripool serve -l slow-log -x -d 'log statements slower than so many milliseconds'
__tripool serve -l http-control -d 'the endpoint takes orders (tripool control)'
__tripool serve -l listen -x -d 'ADDRESS:PORT for callers on other nodes'
__tripool serve -l tls-certificate -r -F -d 'PEM file of the certificate'
__tripool serve -l tls-key -r -F -d 'PEM file of its key'
__tripool serve -l tls-authority -r -F -d 'PEM file of the authority'
__tripool serve -l insecure-plaintext-beyond-loopback -d 'listen beyond loopback without TLS'

__tripool bench -s h -l help -d 'say what there is'
__tripool bench -l dsn -x -d 'connection string'
__tripool bench -l connections -x -d 'how many'
__tripool bench -l callers -x -d 'how many'
__tripool bench -l seconds -x -d 'for how long'
__tripool bench -l workload -x -a 'select1 point update rows1000 tx mixed' -d 'what is asked'
__tripool bench -l callers-on -x -a 'loop scheduler' -d 'where callers live'
__tripool bench -l rate -x -d 'arrivals a second'
__tripool bench -l loops -x -d 'event loops'
__tripool bench -l pipeline-depth -x -d 'how many'
__tripool bench -l frame-max -x -d 'how many'
__tripool bench -l resilient -d 'three pools in place of one'
__tripool bench -l write -d 'it changes something'
__tripool bench -l json -d 'as JSON'

__tripool tokens -s h -l help -d 'say what there is'
__tripool_orders tokens \
    create 'Make the table tripool.tokens where it does not exist' \
    clean 'Delete old tokens'
__tripool_order tokens create -l config -r -F -d 'the configuration file'
__tripool_order tokens clean -l config -r -F -d 'the configuration file'
__tripool_order tokens clean -l days -x -d 'older than so many days'
__tripool_order tokens clean -l rows -x -d 'at most so many'

__tripool status -s h -l help -d 'say what there is'
__tripool status -l at -x -d 'HOST:PORT of the service'
__tripool status -l token-file -r -F -d 'file with the token'
__tripool status -l node -x -d 'HOST:PORT of nodes that let callers in'
__tripool status -l tls-certificate -r -F -d 'PEM file of the certificate'
__tripool status -l tls-key -r -F -d 'PEM file of its key'
__tripool status -l tls-authority -r -F -d 'PEM file of the authority'
__tripool status -l json -d 'as JSON'

__tripool top -s h -l help -d 'say what there is'
__tripool top -l at -x -d 'HOST:PORT of the service'
__tripool top -l token-file -r -F -d 'file with the token'
__tripool top -l once -d 'print one screen and end'

__tripool events -s h -l help -d 'say what there is'
__tripool events -l at -x -d 'HOST:PORT of the service'
__tripool events -l token-file -r -F -d 'file with the token'
__tripool events -s f -l follow -d 'go on until Ctrl-C'
__tripool events -l json -d 'as JSON'
__tripool events -l pool -x -d 'only events about this pool'
__tripool events -l request -x -d 'what happened to this request'
__tripool events -l limit -x -d 'the newest so many'

__tripool control -s h -l help -d 'say what there is'
__tripool_orders control \
    hold 'The pool serves nothing until it is released' \
    release 'It serves again' \
    failover 'FROM serves nothing until failback' \
    failback 'End all holds and preferences' \
    resize 'Other bounds for the number of connections' \
    recycle 'Replace every connection, one after the other' \
    refresh 'Ask the sources of secrets now' \
    reload 'Load the configuration file again' \
    log-level 'How much is logged'
__tripool_order control hold -l at -x -d 'HOST:PORT of the service'
__tripool_order control hold -l token-file -r -F -d 'file with the token'
__tripool_order control hold -l empty -d 'close its connections too'
__tripool_order control hold -l anyway -d 'even if nobody else serves'
__tripool_order control hold -a 'primary backup failover'
__tripool_order control release -l at -x -d 'HOST:PORT of the service'
__tripool_order control release -l token-file -r -F -d 'file with the token'
__tripool_order control release -a 'primary backup failover'
__tripool_order control failover -l at -x -d 'HOST:PORT of the service'
__tripool_order control failover -l token-file -r -F -d 'file with the token'
__tripool_order control failover -l anyway -d 'even if TO takes no writes now'
__tripool_order control failover -a 'primary backup failover'
__tripool_order control failback -l at -x -d 'HOST:PORT of the service'
__tripool_order control failback -l token-file -r -F -d 'file with the token'
__tripool_order control resize -l at -x -d 'HOST:PORT of the service'
__tripool_order control resize -l token-file -r -F -d 'file with the token'
__tripool_order control resize -a 'primary backup failover'
__tripool_order control recycle -l at -x -d 'HOST:PORT of the service'
__tripool_order control recycle -l token-file -r -F -d 'file with the token'
__tripool_order control recycle -a 'primary backup failover'
__tripool_order control refresh -l at -x -d 'HOST:PORT of the service'
__tripool_order control refresh -l token-file -r -F -d 'file with the token'
__tripool_order control refresh -a 'primary backup failover'
__tripool_order control reload -l at -x -d 'HOST:PORT of the service'
__tripool_order control reload -l token-file -r -F -d 'file with the token'
__tripool_order control log-level -l at -x -d 'HOST:PORT of the service'
__tripool_order control log-level -l token-file -r -F -d 'file with the token'
__tripool_order control log-level -a 'trace debug info warn error off'

__tripool query -s h -l help -d 'say what there is'
__tripool query -l config -r -F -d 'the configuration file'
__tripool query -l node -x -d 'HOST:PORT of nodes that let callers in'
__tripool query -l tls-certificate -r -F -d 'PEM file of the certificate'
__tripool query -l tls-key -r -F -d 'PEM file of its key'
__tripool query -l tls-authority -r -F -d 'PEM file of the authority'
__tripool query -s p -l param -x -d 'a parameter, $1 first'
__tripool query -l format -x -a 'table csv json' -d 'table, csv or json'
__tripool query -l pool -x -d 'only this pool'
__tripool query -l write -d 'it changes something'
__tripool query -l timeout -x -d 'seconds'

__tripool doctor -s h -l help -d 'say what there is'
__tripool doctor -l config -r -F -d 'the configuration file'
__tripool doctor -l json -d 'as JSON'

__tripool demo -s h -l help -d 'say what there is'
__tripool demo -l serve -d 'keep serving instead of running the demonstration'
__tripool demo -l seconds -x -d 'for how long'
__tripool demo -l state-directory -x -a '(__fish_complete_directories)' -d 'where its PostgreSQL lives'
__tripool demo -l log-level -x -a 'trace debug info warn error off' -d 'how much is logged'
__tripool demo -l http -x -d 'status page at HOST:PORT'
