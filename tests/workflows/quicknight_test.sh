#!/usr/bin/env bash
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# timeout: 300
# A simulated night comes back as it was made: transit depth, scatter against the noise model, positions.
. "$(dirname "$0")/../support/workflow.sh"

expect_exit 0 mpirun -n 2 "$skyweft" simulate -o night --set simulate.nx=512 --set simulate.ny=512 \
  --set simulate.n_stars=300 --set simulate.n_frames=40
expect_exit 0 mpirun -n 2 "$skyweft" run night/night.toml --archive archive
expect_line 'frames: 40 measured, 0 set aside' "$work/err"
python3 "$source/tools/compare-truth" "$skyweft" night archive --strict || fail "the truth is not met"
