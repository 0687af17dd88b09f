# A PostgreSQL server for tests: postgres.sh BIN PORT OPTION…
#
# Obeys the lines of its input (start, kill) and answers each with "ok". At the end of the input,
# which comes however the test program ends, the server is gone and so is its directory.
bin=$1 port=$2
shift 2

# What is never flushed is as well in memory, if there is plenty: a file system that has just removed
# many files may take long to make the next ones.
parent=${TMPDIR:-/tmp}
case " $* " in
  *" fsync=off "*)
    free=$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1)
    [ "${free:-0}" -gt 4000000 ] && [ -w /dev/shm ] && parent=/dev/shm
    ;;
esac
directory=$(mktemp -d "$parent/boltgram-postgres.XXXXXX") || exit
server=

stop() {
  [ "$server" ] || return
  kill -QUIT "$server"
  wait "$server"
  server=
}

trap 'stop; rm -rf "$directory"' EXIT
trap '' INT
cd "$directory" || exit
"$bin/initdb" -D data -U postgres -A trust -E UTF8 --no-locale --no-sync >initdb.log || exit

while read -r command; do
  case $command in
    start)
      "$bin/postgres" -D data -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
        -c max_connections=200 "$@" >>log 2>&1 </dev/null &
      server=$!
      until "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; do
        kill -0 "$server" || { cat log >&2; exit 1; }
        sleep 0.02
      done
      ;;
    kill) stop ;;
  esac
  echo ok
done
