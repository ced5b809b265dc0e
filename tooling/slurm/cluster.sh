#!/usr/bin/env bash
# A Slurm of one node on the loopback interface, for tests: without systemd, cgroups and accounting, and with nothing outside its folder.
#
#   tooling/slurm/cluster.sh install    Debian's slurm-wlm and munge
#   tooling/slurm/cluster.sh start      prints the SLURM_CONF to export
#   tooling/slurm/cluster.sh stop
#
# Everything needs root. SAENO_SLURM names the folder (default /tmp/saeno-slurm).
set -euo pipefail
export PATH="$PATH:/usr/sbin:/sbin"
folder="${SAENO_SLURM:-/tmp/saeno-slurm}"
daemons=(slurmd slurmctld munged)

fail() {
  echo "slurm: $*" >&2
  exit 1
}

install_packages() {
  command -v apt-get >/dev/null || fail "this needs Debian's apt-get."
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slurm-wlm munge
}

configure() {
  rm -rf "$folder"
  mkdir -p -m 755 "$folder" "$folder"/{state,spool,log}
  head -c 1024 /dev/urandom >"$folder/munge.key"
  chmod 400 "$folder/munge.key"
  cat >"$folder/slurm.conf" <<CONF
ClusterName=saeno
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmUser=root
SlurmctldPort=16817
SlurmdPort=16818
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
ReturnToService=2
MpiDefault=none
# Tests wait for what a cluster does at its leisure.
SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=100000
KillWait=5
NodeName=$(hostname -s) NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=1000 State=UNKNOWN
PartitionName=test Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
}

start() {
  [ "$(id -u)" = 0 ] || fail "this needs root."
  for daemon in "${daemons[@]}"; do command -v "$daemon" >/dev/null || fail "there is no $daemon: run install first."; done
  stop
  configure
  export SLURM_CONF="$folder/slurm.conf"
  munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --pid-file="$folder/munged.pid" \
    --log-file="$folder/log/munged.log" --seed-file="$folder/munged.seed"
  slurmctld
  slurmd
  for _ in $(seq 100); do
    [ "$(sinfo --noheader --format=%T 2>/dev/null)" = idle ] && break
    sleep 0.2
  done
  [ "$(sinfo --noheader --format=%T)" = idle ] || fail "the node is not idle: $(tail -3 "$folder"/log/*.log)"
  echo "export SLURM_CONF=$SLURM_CONF"
}

stop() {
  for daemon in "${daemons[@]}"; do
    pid="$(cat "$folder/$daemon.pid" 2>/dev/null)" || continue
    kill "$pid" 2>/dev/null || continue
    for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null && sleep 0.2; done
  done
}

case "${1:-}" in
install) install_packages ;;
start) start ;;
stop) stop ;;
*) fail "say install, start or stop." ;;
esac
