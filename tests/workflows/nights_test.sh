#!/usr/bin/env bash
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# timeout: 300
# A second night touches no byte of the first; both at once, one after the other and joined by
# compact are the same light curves; a branch leaves what it came from alone.
. "$(dirname "$0")/../support/workflow.sh"

simulate_night first n_frames=10
simulate_night second n_frames=8 start_utc=2024-02-11T06:26:04
run_nights() { # ARCHIVE NIGHT...
  local archive=$1 frames=() calibration=() night
  shift
  for night in "$@"; do
    frames+=(--frames "$night/light")
    calibration+=(--calibration "$night/bias" "$night/dark" "$night/flat")
  done
  mpirun -n 2 "$skyweft" run first/night.toml --archive "$archive" --set run.batch_frames=4 "${frames[@]}" "${calibration[@]}"
}
sums_of() { (cd "$1" && find . -type f \( -path './segments/*' -o -name 'raw-*.h5' \) -exec sha256sum {} + | sort -k 2); }

expect_exit 0 run_nights grown first
sums_of grown >old.sums
n_old=$(wc -l <old.sums)
[ "$n_old" -ge 4 ] || fail "one night has $n_old segments and blocks only"
touch -d '2001-01-01' grown/segments/*.h5 grown/lightcurves/raw-*.h5
expect_exit 0 run_nights grown first second
expect_line '8|10' grown/run.log
(cd grown && sha256sum --quiet -c ../old.sums) >&2 || fail "the second night changed files of the first"
[ "$(find grown -newermt 2002-01-01 \( -path '*/segments/*' -o -name 'raw-*.h5' \) | wc -l)" -eq 3 ] ||
  fail "two segments and one block should be new"

expect_exit 0 run_nights once first second
blocks_of() { find "$1/lightcurves" -name 'raw-*.h5' | wc -l; }
[ "$(blocks_of grown)" -eq 2 ] && [ "$(blocks_of once)" -eq 1 ] || fail "the blocks are not as expected"
for file in frames.h5 stars.h5 magfit.h5 references.h5 catalog/stars.fits $(cd once && ls segments/* lightcurves/{magfit,epd,tfa}-*); do
  cmp "grown/$file" "once/$file" || fail "$file depends on the order in which nights came"
done

expect_exit 0 mpirun -n 2 "$skyweft" compact grown
expect_line '1 epoch block' "$work/out"
same_science grown once
no_parts grown
expect_exit 0 run_nights grown first second # finds everything done
same_science grown once
expect_exit 0 "$skyweft" status grown
expect_line ': complete' "$work/out"

# A branch: later stages anew with other settings.
cp -r once before
expect_exit 0 mpirun -n 2 "$skyweft" run once --from tfa --as few --set tfa.templates_per_frame=0.3
[ -s once/branches/few/stars.h5 ] && [ -s once/branches/few/lightcurves/tfa-0000.h5 ] || fail "the branch lacks products"
[ ! -e once/branches/few/lightcurves/epd-0000.h5 ] || fail "a stage before the branch was computed again"
mv once/branches kept && same_science before once && mv kept once/branches
for file in magfit-0000.h5 epd-0000.h5; do cmp "before/lightcurves/$file" "once/lightcurves/$file" || fail "$file changed"; done
! cmp -s once/lightcurves/tfa-0000.h5 once/branches/few/lightcurves/tfa-0000.h5 || fail "the branch's TFA is the same"
star=$("$skyweft" export stars once --format csv | sed -n '2s/,.*//p')
expect_exit 0 "$skyweft" lc once --star "$star" --format csv -o main.csv
expect_exit 0 "$skyweft" lc once --as few --star "$star" --format csv -o few.csv
expect_exit 0 "$skyweft" lc once/branches/few --star "$star" --format csv -o few2.csv
cmp few.csv few2.csv || fail "a branch by name and by folder differ"
cmp <(csv_column mag_epd main.csv) <(csv_column mag_epd few.csv) || fail "mag_epd of the branch is not the archive's"
! cmp -s <(csv_column mag_tfa main.csv) <(csv_column mag_tfa few.csv) || fail "mag_tfa of the branch is the archive's"
expect_exit 0 "$skyweft" status once --as few
expect_exit 3 "$skyweft" run once --from tfa --as other --set epd.reject=3
expect_line 'epd.reject.*--from epd' "$work/err"
expect_exit 2 "$skyweft" run once --from tfa
expect_exit 4 "$skyweft" lc once --as nothing --star "$star"
expect_line 'its branches are few' "$work/err"
