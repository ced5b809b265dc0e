#!/usr/bin/env bash
# A Slurm of one node on the loopback interface, for tests: without systemd, cgroups and accounting, and with everything in one folder.
#
#   tooling/slurm/cluster.sh install          Debian's slurm-wlm and munge
#   tooling/slurm/cluster.sh run COMMAND ..   starts it, runs a command that finds it, and stops it
#   tooling/slurm/cluster.sh start            starts it, and prints what to export
#   tooling/slurm/cluster.sh stop
#
# As root. SAENO_SLURM names the folder (default /tmp/saeno-slurm); logs are in its log/.
set -euo pipefail
export PATH="$PATH:/usr/sbin:/sbin"
folder="${SAENO_SLURM:-/tmp/saeno-slurm}"
daemons=(slurmd slurmctld munged)

fail() {
  echo "slurm: $*" >&2
  exit 1
}

install() {
  command -v apt-get >/dev/null || fail "this needs Debian's apt-get."
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slurm-wlm munge
}

configure() {
  local host
  host="$(hostname -s)"
  rm -rf "$folder"
  mkdir -p -m 755 "$folder" "$folder"/{state,spool,log}
  (umask 077 && head -c 1024 /dev/urandom >"$folder/munge.key")
  cat >"$folder/slurm.conf" <<CONF
ClusterName=saeno
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
AuthInfo=socket=$folder/munge.socket
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
ReturnToService=2
KillWait=5
SchedulerParameters=sched_interval=1,batch_sched_delay=0
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=1000
PartitionName=test Nodes=ALL Default=YES MaxTime=INFINITE
CONF
}

start() {
  [ "$(id -u)" = 0 ] || fail "this needs root."
  for daemon in "${daemons[@]}"; do command -v "$daemon" >/dev/null || fail "there is no $daemon: $0 install."; done
  stop
  configure
  export SLURM_CONF="$folder/slurm.conf"
  munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --pid-file="$folder/munged.pid" \
    --log-file="$folder/log/munged.log" --seed-file="$folder/munged.seed"
  slurmctld
  slurmd
  for _ in $(seq 150); do
    if [ "$(sinfo --noheader --format=%T 2>/dev/null)" = idle ]; then return; fi
    sleep 0.2
  done
  tail -n 5 "$folder"/log/*.log >&2
  fail "the node does not come up."
}

stop() {
  for daemon in "${daemons[@]}"; do
    pid="$(cat "$folder/$daemon.pid" 2>/dev/null)" && kill "$pid" 2>/dev/null || continue
    for _ in $(seq 50); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.2
    done
  done
}

case "${1:-}" in
install | stop) "$1" ;;
start)
  start
  echo "export SLURM_CONF=$SLURM_CONF"
  ;;
run)
  shift
  trap stop EXIT
  start
  "$@"
  ;;
*) fail "say install, run COMMAND .., start or stop." ;;
esac
