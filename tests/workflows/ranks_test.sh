#!/usr/bin/env bash
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# labels: mpi
# timeout: 300
# The science products do not depend on the number of ranks or on the memory budget, to the last bit.
. "$(dirname "$0")/../support/workflow.sh"

simulate_night night n_frames=14
run() { expect_exit 0 skyweft_on "$1" run night/night.toml --set run.batch_frames=3 --archive "$2" "${@:3}"; }

run 1 one
expect_line 'frames: 14 measured, 0 set aside' "$work/err"
for ranks in 2 3 5 7; do
  run $ranks ranks$ranks
  expect_line "on $ranks rank" "$work/err"
  same_science one ranks$ranks
done

# Stars, frames and apertures enough that 64 MiB force several passes of the transpose and several
# tiles of stars; frames are measured once, the rest again.
simulate_night wide n_frames=30 n_stars=1300 mag_faint=17
radii=$(python3 -c 'print([round(2 + 0.1 * i, 1) for i in range(64)])')
detrend() {
  expect_exit 0 skyweft_on "$1" run wide/night.toml --archive "$2" --set run.memory_mib="$3" --set "phot.radii_px=$radii" \
    --set magfit.max_rounds=1 --set tfa.max_rounds=1 --set report.enabled=false
}
detrend 2 roomy 1024
expect_line '30 frames x 1300 stars x 64 apertures in 1 block\(s\), 1 of them new in 1 pass' "$work/err"
cp -r roomy narrow
rm narrow/lightcurves/* narrow/stars.h5
detrend 1 narrow 64
expect_line '30 frames x 1300 stars x 64 apertures in 1 block\(s\), 1 of them new in [2-9] pass' "$work/err"
same_science roomy narrow
echo "passed: 1, 2, 3, 5 and 7 ranks give equal products, and so do one and several passes"
