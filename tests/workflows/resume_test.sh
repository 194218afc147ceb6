#!/usr/bin/env bash
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# timeout: 300
# A run killed at any moment is finished by the same command, with the products of an undisturbed run.
. "$(dirname "$0")/../support/workflow.sh"

simulate_night night n_frames=8
command_for() { echo mpirun -n 2 "$skyweft" run night/night.toml --set run.batch_frames=2 --archive "$1"; }
finish() { expect_exit 0 $(command_for "$1"); }

# Interrupts the run into archive $1 (how and when: $2, $3); true when it was still running.
interrupted() {
  local got=0
  python3 "$support/interrupt.py" "$2" "$3" $(command_for "$1") 2>"$work/err" || got=$?
  [ $got -eq 0 ] || [ $got -eq 10 ] || fail "interrupting $1 ($2 at $3) went wrong: $got"
  return $got
}

begin=$(date +%s.%N)
finish whole
duration=$(python3 -c "import time; print(time.time() - $begin)")
n_units=$(wc -l <whole/journal)
[ "$n_units" -ge 15 ] || fail "the journal has only $n_units lines"

hits=0
for share in 0.1 0.3 0.5 0.7 0.9; do
  rm -rf timed
  # A miss means that the machine has become faster since `duration` was measured.
  if interrupted timed all "$(python3 -c "print($share * $duration)")"; then
    hits=$((hits + 1))
  else
    duration=$(python3 -c "print(0.6 * $duration)")
  fi
  finish timed
  no_parts timed
  same_science whole timed
done
[ $hits -ge 1 ] || fail "none of 5 runs was still going when it should have been killed"

# One archive, killed again whenever its journal has grown by two lines: every run gets further.
rm -rf chain
hits=0
n=1
while interrupted chain all "lines:chain/journal:$n"; do
  hits=$((hits + 1))
  now=$(wc -l <chain/journal)
  [ "$now" -ge "$n" ] || fail "the journal shrank from $n to $now lines"
  n=$((now + 2))
  [ $hits -le "$n_units" ] || fail "killed $hits times and still not complete: finished work is repeated"
done
[ $hits -ge 3 ] || fail "killed at $hits journal lines only"
no_parts chain
same_science whole chain
killed=$hits

# Killed while a file is being written.
hits=0
for n in 3 7 11 16; do
  rm -rf torn
  interrupted torn all "part:torn:$n" && hits=$((hits + 1))
  finish torn
  no_parts torn
  same_science whole torn
done
[ $hits -ge 1 ] || fail "no run was killed while it wrote a file"

# A lost rank ends the others too, and SIGTERM is as harmless as SIGKILL.
for how in rank term; do
  for attempt in 1 2 3 4 5; do
    rm -rf lost
    interrupted lost $how lines:lost/journal:6 && break
    [ $attempt -lt 5 ] || fail "the run ended before '$how' could interrupt it, five times"
  done
  finish lost
  no_parts lost
  same_science whole lost
done

# A torn last journal line is work not done, not an error.
cp -r whole torn_line
python3 - <<'END'
text = open("torn_line/journal").read()
open("torn_line/journal", "w").write(text[:-40])
END
finish torn_line
same_science whole torn_line

# A product that was changed or lost is made again.
rm whole/lightcurves/epd-0000.h5
segment=$(ls whole/segments/*-001.h5)
[ -s "$segment" ] && head -c 1000 "$segment" >cut && mv cut "$segment" || fail "there is no second segment to cut"
finish whole
same_science whole torn_line

# With nothing to do nothing is touched.
stamps() { (cd whole && science_of . | xargs stat -c '%n %Y %Z %s %i' && wc -l <journal); }
stamps >before
finish whole
stamps >after
diff before after >&2 || fail "a run with nothing to do changed files"
seconds=$(python3 -c 'import json; print(sum(json.load(open("whole/summary.json"))["seconds"].values()))')
echo "passed: $killed kills at journal lines; nothing to do takes $seconds s of the stages' time"
