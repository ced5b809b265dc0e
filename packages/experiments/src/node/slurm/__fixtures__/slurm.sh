#!/usr/bin/env bash
# As much of Slurm as the executor uses, on this machine: link it as sbatch, squeue, scancel, scontrol and srun, and name a folder with
# FAKE_SLURM. A task in the queue is a folder there, JOB_TASK, with its state and the processes that run.
set -eu
queue="$FAKE_SLURM"

# Every so many tasks of a job, one after the other; one that is put back starts again.
work() {
  local script="$1" job="$2" first="$3" step="$4" last="$5" task id log restarts
  for task in $(seq "$first" "$step" "$last"); do
    id="$queue/${job}_$task" restarts=0
    log="$(sed -n 's/^#SBATCH --output="\(.*\)"$/\1/p' "$script")"
    log="${log/\%a/$task}"
    while [ -d "$id" ]; do
      echo RUNNING >"$id/state"
      SLURM_ARRAY_JOB_ID="$job" SLURM_ARRAY_TASK_ID="$task" SLURM_RESTART_COUNT="$restarts" \
        setsid bash "$script" >>"${log//%%/%}" 2>&1 &
      echo $! >"$id/batch" || true
      wait $! || true
      if [ -e "$id/requeue" ]; then rm "$id/requeue"; else rm -rf "$id"; fi
      restarts=$((restarts + 1))
    done
  done
}

case "$(basename "$0")" in
sbatch)
  script="${!#}"
  if grep -q '^#SBATCH --partition="none"' "$script"; then
    printf 'sbatch: error: invalid partition specified: none\nsbatch: error: Batch job submission failed\n' >&2
    exit 1
  fi
  job=1
  until mkdir "$queue/job-$job" 2>/dev/null; do job=$((job + 1)); done
  last="$(sed -n 's/^#SBATCH --array=0-\([0-9]*\).*/\1/p' "$script")"
  parallel="$(sed -n 's/^#SBATCH --array=.*%\([0-9]*\)$/\1/p' "$script")"
  for task in $(seq 0 "$last"); do
    mkdir "$queue/${job}_$task"
    echo PENDING >"$queue/${job}_$task/state"
  done
  for first in $(seq 0 $((${parallel:-$((last + 1))} - 1))); do
    work "$script" "$job" "$first" "${parallel:-$((last + 1))}" "$last" </dev/null >/dev/null 2>&1 &
  done
  echo "$job"
  ;;
squeue)
  if [[ "$*" =~ --jobs=([0-9_]+) ]]; then exec cat "$queue/${BASH_REMATCH[1]}/state"; fi
  for id in "$queue"/*_*; do
    state="$(cat "$id/state" 2>/dev/null)" || continue
    name="$(basename "$id")"
    echo "${name/_/|}|$state|0:00|$([ "$state" = PENDING ] && echo "(Resources)" || echo node1)"
  done
  ;;
scancel)
  for given in "$@"; do
    [[ "$given" == --* ]] && continue
    for id in "$queue/$given" "$queue/${given}"_*; do
      [ -d "$id" ] || continue
      if [[ "$1" == --signal=* ]]; then
        kill -s "${1#--signal=}" "$(cat "$id/step")"
      else
        batch="$(cat "$id/batch" 2>/dev/null)" || batch=""
        rm -rf "$id"
        [ -z "$batch" ] || kill -- "-$batch" 2>/dev/null || true
      fi
    done
  done
  ;;
scontrol) [ "$1" != requeue ] || touch "$queue/$2/requeue" ;;
srun)
  while [[ "$1" == --* ]]; do shift; done
  echo $$ >"$queue/${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID/step"
  exec "$@"
  ;;
esac
