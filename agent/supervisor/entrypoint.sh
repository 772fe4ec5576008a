#!/bin/sh
# PID 1 of every container of the mesh. As an agent it is the supervisor: it starts the proxy again after a crash (Docker
# refuses a restart policy together with AutoRemove), and ends when told to or when the namespace it shares is dead.
here=/opt/lateen
export NODE_COMPILE_CACHE="$here/cache"
node="node --disable-warning=ExperimentalWarning"

case "${1:-agent}" in
  controller) exec $node --enable-source-maps "$here/controller.js" ;;
  gateway) export LATEEN_MODE=gateway; exec $node $LATEEN_AGENT_NODE_FLAGS "$here/agent.js" ;;
  agent) ;;
  *) exec "$@" ;;
esac

# Interfaces other than loopback; a restarted app gets a new namespace and leaves this one empty. No fork.
has_interfaces() {
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
  has_interfaces || exit 0
  [ $(($(date +%s) - started)) -gt 30 ] && delay=0.1
  echo "lateen: the proxy ended with status $status and is started again in $delay s" >&2
  sleep "$delay"
  case "$delay" in 0.1) delay=0.2 ;; 0.2) delay=0.5 ;; 0.5) delay=1 ;; *) delay=2 ;; esac
done
