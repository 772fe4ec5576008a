#!/bin/sh
# PID 1 of every container of the mesh. As an agent it is the supervisor: it starts the proxy again after a crash (Docker
# refuses a restart policy together with AutoRemove), and ends when told to or when the namespace it shares is dead.
here=/opt/lateen
run=/run/lateen
cache=/var/cache/lateen
export NODE_COMPILE_CACHE="$here/cache"
node="node --disable-warning=ExperimentalWarning"

# What this very process is and may: read by the shell itself, no fork.
while read -r key value _; do
  case "$key" in
    Uid:) uid=$value ;;
    CapEff:) capabilities=$((0x$value)) ;;
  esac
done < /proc/self/status
SETPCAP=8

# Becomes the proxy's user for good, with no capability left that any process here could ever get back.
become_proxy() {
  [ $((capabilities >> SETPCAP & 1)) = 1 ] && bounding=--bounding-set=-all
  exec setpriv --reuid 1337 --regid 1337 --clear-groups --inh-caps=-all $bounding --no-new-privs "$0" "$@"
}

# Gateways of one service share a volume: each keeps answers in the first folder that no other one holds.
take_cache_folder() {
  number=0
  while exec 9> "$cache/$number.lock" && ! flock -n 9; do number=$((number + 1)); done
  export LATEEN_CACHE_DIRECTORY="$cache/$number"
}

# All that is left of the right to change the network: it loads the capture rules that the proxy sends, says what nft
# said, and ends. Both pipes open only once there is a proxy at their other end; one that crashed is followed by another.
load_rules_once() {
  trap '' PIPE TERM INT
  until { nft -f - < "$run/rules" 2>&1 && : > "$run/captured" && echo loaded; } > "$run/answer"; do :; done
}

# Docker's health check of an agent that Compose started. Until the agent is ready it answers at once, so that the
# application need not wait for long; from then on each answer takes its time, so that hardly any processes are started.
# It is started with the rights of the container's first process, and gives them up at once.
probe() {
  [ "$uid" = 0 ] && become_proxy probe
  [ -f "$run/ready" ] || exit 1
  mkdir "$run/told" 2>/dev/null || sleep 30
  [ -f "$run/ready" ]
  exit $?
}

case "${1:-agent}" in
  probe) probe ;;
  controller) exec $node --enable-source-maps "$here/controller.js" ;;
  gateway)
    [ "$uid" = 0 ] && become_proxy gateway
    export LATEEN_MODE=gateway
    [ -w "$cache" ] && take_cache_folder
    exec $node $LATEEN_AGENT_NODE_FLAGS "$here/agent.js" ;;
  agent)
    if [ "$uid" = 0 ]; then
      rm -f "$run/rules" "$run/answer" "$run/captured"
      mkfifo -m 0666 "$run/rules" "$run/answer" || exit 1
      load_rules_once &
      become_proxy agent
    fi ;;
  *) exec "$@" ;;
esac

# Interfaces other than loopback; a restarted app gets a new namespace and leaves this one empty. No fork. An agent that
# was not told its container's name owns the namespace, which then lives as long as it does.
is_alive() {
  [ -z "$LATEEN_CONTAINER" ] && return 0
  while read -r name _; do
    case "$name" in
      lo:*|Inter-*|face*|'|'*) ;;
      *:*) return 0 ;;
    esac
  done < /proc/net/dev
  return 1
}

child=
stopping=
stop() {
  stopping=1
  [ -n "$child" ] && kill -TERM "$child" 2>/dev/null
}
trap stop TERM INT

delay=0.1
while :; do
  started=$(date +%s)
  $node $LATEEN_AGENT_NODE_FLAGS "$here/agent.js" &
  child=$!
  # A trapped signal interrupts `wait` once; the second one gets the child's own end.
  wait "$child"; status=$?
  [ -n "$stopping" ] && { wait "$child" 2>/dev/null; exit 0; }
  child=
  [ "$status" -eq 0 ] && exit 0
  is_alive || exit 0
  [ $(($(date +%s) - started)) -gt 30 ] && delay=0.1
  echo "lateen: the proxy ended with status $status and is started again in $delay s" >&2
  sleep "$delay"
  case "$delay" in 0.1) delay=0.2 ;; 0.2) delay=0.5 ;; 0.5) delay=1 ;; *) delay=2 ;; esac
done
