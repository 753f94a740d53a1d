# A throw-away PostgreSQL cluster that lives as long as its standard input stays open, however the
# process at the other end of it ends. Run as: sh -c SCRIPT NAME BIN PORT [-c SETTING]…, not as root.
# A server that is stopped while the file `again` lies beside its data is started again.
set -eu
trap '' INT TERM HUP
folder=$(mktemp -d "${TMPDIR:-/tmp}/rathaus-postgres.XXXXXX")
trap 'rm -rf "$folder"' EXIT
"$1/initdb" --pgdata="$folder/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 \
    --no-sync >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
exec 3<&0
bin=$1 port=$2
shift 2
while
    "$bin/postgres" -D "$folder/data" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
        "$@" >>"$folder/log" 2>&1 3<&- &
    server=$!
    # Again and again: while it starts, the server does not listen to signals yet.
    (read -r _ <&3 || true; while kill -QUIT "$server" 2>/dev/null; do sleep 0.1; done) &
    watcher=$!
    wait "$server" || true
    rm "$folder/again" 2>/dev/null
do
    kill -KILL "$watcher" || true
done
# The watcher is still there: the server ended by itself, and its log says why.
if kill -KILL "$watcher" 2>/dev/null; then cat "$folder/log" >&2; exit 1; fi
