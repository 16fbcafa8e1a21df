#!/usr/bin/env bash
# Runs a command beside a Slurm cluster of its own: one node, this machine; daemons, ports, keys and state belong to the
# call and end with it. Two partitions: `low`, and `high`, whose jobs preempt those of `low`.
#
# usage: slurm.sh COMMAND...
# exit code: the command's; 77 where Slurm cannot be started here, with the reason.
set -uo pipefail

skip() {
  echo "skipped: $1"
  exit 77
}
for program in munged slurmctld slurmd sbatch; do
  [ -x "/usr/sbin/$program" ] || command -v "$program" >/dev/null ||
    skip "$program is not installed (Debian: apt-get install slurmctld slurmd slurm-client munge)"
done
PATH=$PATH:/usr/sbin

folder=$(mktemp -d "${TMPDIR:-/tmp}/gistmill-slurm.XXXXXX")
chmod 755 "$folder"
mkdir "$folder/state" "$folder/spool"
daemons=()

end() {
  scancel --user="$(id -un)" --quiet 2>/dev/null
  for _ in $(seq 50); do
    [ -z "$(squeue --noheader 2>/dev/null)" ] && break
    sleep 0.2
  done
  for ((i = ${#daemons[@]} - 1; i >= 0; --i)); do
    kill "${daemons[$i]}" 2>/dev/null
    wait "${daemons[$i]}" 2>/dev/null
  done
  # A job that did not end keeps its step daemon; all that Slurm started here knows this folder.
  for process in $(grep -lzFx "SLURM_CONF=$folder/slurm.conf" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3); do
    kill -KILL "$process" 2>/dev/null
  done
  rm -rf "$folder"
}
trap end EXIT
trap 'exit 130' INT TERM

# name, command: a daemon that stays a child of this shell.
start() {
  "${@:2}" >"$folder/$1.out" 2>&1 &
  daemons+=($!)
}
give_up() {
  tail -n 5 "$folder"/*.out
  skip "$1"
}

read -r controller_port node_port < <(python3 -c '
import socket
sockets = [socket.socket() for _ in range(2)]
for each in sockets:
    each.bind(("127.0.0.1", 0))
print(*(each.getsockname()[1] for each in sockets))')

head -c 128 /dev/urandom >"$folder/munge.key"
chmod 400 "$folder/munge.key"
start munged munged --foreground --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" \
  --pid-file="$folder/munged.pid" --log-file="$folder/munged.log" --seed-file="$folder/munge.seed"

# A job that is queued again may start when its credentials have expired: 120 s by default, hence cred_expire.
cat >"$folder/slurm.conf" <<CONF
ClusterName=gistmill
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$controller_port
SlurmdPort=$node_port
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket,cred_expire=3
CredType=cred/munge
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
SlurmdParameters=config_overrides
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=0,bf_interval=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
ReturnToService=2
MinJobAge=300
NodeName=$(hostname -s) NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=low Nodes=ALL Default=YES PriorityTier=1
PartitionName=high Nodes=ALL PriorityTier=2
CONF
export SLURM_CONF=$folder/slurm.conf

for _ in $(seq 50); do
  [ -S "$folder/munge.socket" ] && break
  sleep 0.1
done
[ -S "$folder/munge.socket" ] || give_up "munged does not start"
start slurmctld slurmctld -D -c
start slurmd slurmd -D -c
for _ in $(seq 100); do
  [ "$(sinfo --noheader --partition=low --format=%t 2>/dev/null)" = idle ] && break
  sleep 0.2
done
[ "$(sinfo --noheader --partition=low --format=%t 2>/dev/null)" = idle ] || give_up "the node does not become idle"

"$@"
