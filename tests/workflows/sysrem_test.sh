#!/usr/bin/env bash
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# labels: mpi
# timeout: 300
# SysRem in the place of TFA: lessens the scatter, and gives the same bytes on any ranks and memory.
. "$(dirname "$0")/../support/workflow.sh"

simulate_night night n_stars=300 n_frames=40
run() {
  expect_exit 0 skyweft_on "$1" run night/night.toml --archive "$2" --set tfa.method=sysrem --set sysrem.effects=2 \
    --set report.enabled=false "${@:3}"
}
run 1 one
expect_line 'SysRem found 2 effects in group all from [0-9]+ stars over 40 frames' err
for ranks in 2 3; do
  run $ranks ranks$ranks
  same_science one ranks$ranks
done
run 1 narrow --set run.memory_mib=64
same_science one narrow

expect_exit 0 "$skyweft" compare one one --stage epd -o epd.csv
expect_exit 0 "$skyweft" export stars one -o stars.csv
python3 - <<'END' || fail "SysRem does not lessen the scatter"
import csv, statistics
rows = [r for r in csv.DictReader(open("stars.csv")) if r["scatter_tfa"] and float(r["scatter_tfa"]) > 0]
ratio = statistics.median(float(r["scatter_tfa"]) / float(r["scatter_epd"]) for r in rows)
assert len(rows) > 200 and ratio < 1.0, (len(rows), ratio)
END

echo "passed: SysRem is the same on 1, 2 and 3 ranks and in little memory"
