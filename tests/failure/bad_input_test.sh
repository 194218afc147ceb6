#!/usr/bin/env bash
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# timeout: 300
# Every mistake of a user ends with one line that says what, where and what to try, with the
# documented exit code, and leaves nothing half-written.
. "$(dirname "$0")/../support/workflow.sh"

simulate_night night n_frames=6

# CODE REGEX COMMAND...: one error line that matches, this exit code, no internal error.
refuses() {
  local code=$1 text=$2 n
  shift 2
  expect_exit "$code" "$@"
  n=$(grep -c '^skyweft: error: ' "$work/err")
  [ "$n" -eq 1 ] || fail "$n error lines instead of one: $*"
  expect_line "^skyweft: error: .*$text" "$work/err"
  ! grep -Eqi 'internal error|mistake in skyweft|terminate called|backtrace|Signal:' "$work/err" || fail "it crashed: $*"
  ! grep -q error "$work/out" || fail "messages belong to stderr: $*"
}
with() { printf '%s\n' '[run]' 'frames = ["night/light"]' 'calibration = ["night/bias", "night/dark", "night/flat"]' \
  'catalog = "night/catalog.csv"' 'archive = "dest"' "$@" >bad.toml; }
run="$skyweft run"

# Configuration: 3.
with '[solve]' 'parityy = "mirrored"'
refuses 3 'solve\.parityy \(bad\.toml:7\).*did you mean solve\.parity\?' $run bad.toml
refuses 3 'did you mean solve\.parity\?' "$skyweft" check bad.toml
with 'batch_frames = "many"'
refuses 3 'run\.batch_frames.*bad\.toml:6.*whole number is needed.*skyweft explain run\.batch_frames' $run bad.toml
with 'max_rejected = 1.5'
refuses 3 'run\.max_rejected = 1\.5 \(bad\.toml:6\) is out of range.*<= 1' $run bad.toml
with '[solve]' 'parity = "left"'
refuses 3 'solve\.parity.*bad\.toml:7.*mirrored' $run bad.toml
with 'name = "x'
refuses 3 'bad\.toml:6:' $run bad.toml
with '[target.mine]' 'ra_deg = 150.0'
refuses 3 'target\.mine has no position; give ra_deg and dec_deg' $run bad.toml
with 'steps = ["load", "calibrat"]'
refuses 3 'run\.steps.*calibrat.*did you mean calibrate\?' $run bad.toml
with '[magfit]' 'terms = ["O1{x"]'
refuses 3 'magfit\.terms \(bad\.toml:7\): fit terms .* character 5; an example is' $run bad.toml
with '[epd]' 'terms = "O1{x, zork}"'
refuses 3 "epd\.terms \(bad\.toml:7\): unknown variable 'zork'.*use one of: .*airmass" "$skyweft" check bad.toml
refuses 3 'phot\.radii \(--set\).*did you mean phot\.radii_px\?' $run night/night.toml --set phot.radii=3 --archive dest
refuses 3 'nowhere\.toml.*No such file' $run nowhere.toml
: >empty.toml
refuses 4 'neither a catalogue nor a word on where the field is.*field\.ra_deg' $run empty.toml --frames night/light --archive dest \
  --set 'camera.main.ra_keys=["NONE"]' --set calibrate.bias=false --set calibrate.dark=false --set calibrate.flat=false
refuses 3 'no frames are named; set run\.frames' $run empty.toml --catalog night/catalog.csv --archive dest
with '[calibrate]' 'bias = true'
sed -i '/calibration/d' bad.toml
refuses 3 'bias.*missing_master|master' $run bad.toml

# Command line: 2.
refuses 2 'no verb ruin; did you mean run\?' "$skyweft" ruin
refuses 2 '.*--nope' $run night/night.toml --nope
refuses 2 'config is required' $run
refuses 2 '--set nonsense.*key=value' $run night/night.toml --set nonsense
refuses 2 'no option phot\.radi; did you mean phot\.radii_px\?' "$skyweft" explain phot.radi

# Inputs: 4.
mkdir nothing junk
refuses 4 'no frame matches "nothing"; check the path' $run night/night.toml --frames nothing --archive dest
refuses 4 'no frame matches .*\*\.fts' $run night/night.toml --frames 'night/light/*.fts' --archive dest
for i in 1 2 3; do echo "no FITS" >junk/$i.fits; done
refuses 4 'none of the .* frames can be used.*1\.fits is not a usable FITS file' $run night/night.toml --frames junk --archive dest
refuses 4 'none of the files is a light frame' $run night/night.toml --frames night/bias --archive dest
refuses 4 'star catalogue nocat\.csv does not exist.*--catalog' $run night/night.toml --catalog nocat.csv --archive dest
refuses 4 'nocat\.csv' "$skyweft" catalog info nocat.csv
refuses 4 'no FITS file lies in nothing' "$skyweft" init nothing
refuses 4 'is not an archive of skyweft' "$skyweft" status nothing
mkdir unpointed
for file in night/light/*.fits; do
  python3 "$support/fits_files.py" without:RA "$file" "unpointed/$(basename "$file")" || fail "removing RA"
done
refuses 4 'no frame names its pointing.*field\.ra_deg' $run night/night.toml --frames unpointed --archive dest
# The pointing given by hand repairs it.
expect_exit 0 $run night/night.toml --frames unpointed --archive pointed --set field.ra_deg=150 --set field.dec_deg=25

awk -F, -v OFS=, 'NR > 1 { $2 -= 40 } { print }' night/catalog.csv >elsewhere.csv
refuses 4 'catalogue .*elsewhere\.csv has 0 stars within .* does not cover the field' $run night/night.toml --catalog elsewhere.csv --archive dest
expect_exit 4 "$skyweft" check night/night.toml --catalog elsewhere.csv
expect_line 'problem .*does not cover the field'
# A catalogue of the right place with the wrong stars: no frame can be solved.
awk -F, -v OFS=, 'BEGIN { srand(7) } NR > 1 { $2 = 149.88 + 0.24 * rand(); $3 = 24.9 + 0.2 * rand() } { print }' \
  night/catalog.csv >shuffled.csv
refuses 4 'none of the .* trial frames could be solved' $run night/night.toml --catalog shuffled.csv --archive dest
refuses 4 'fewer than masters\.min_frames' $run night/night.toml --set masters.min_frames=7 --archive dest

# Disk: 7. A path below a file cannot be made, even by root.
refuses 7 'cannot make the folder .*bad\.toml/sub.*Not a directory.*--archive' $run night/night.toml --archive bad.toml/sub

# Light curves that do not exist.
star=$(sed -n 2p night/catalog.csv | cut -d, -f1)
refuses 4 'no star 12;.*skyweft export stars' "$skyweft" lc pointed --star 12
refuses 2 'aperture 99 does not exist; this archive has 0 to 5' "$skyweft" lc pointed --star "$star" --aperture 99
refuses 4 'no star .* lies within .* nearest' "$skyweft" lc pointed --position 10,10
refuses 2 'is not RA,DEC' "$skyweft" lc pointed --position 10h,10
refuses 2 '.*--star = abc' "$skyweft" lc pointed --star abc
refuses 2 'name the star' "$skyweft" lc pointed
refuses 2 'FITS needs a file: -o FILE' "$skyweft" lc pointed --star "$star" --format fits
refuses 7 'nofolder does not exist' "$skyweft" lc pointed --star "$star" -o nofolder/x.csv
refuses 4 'neither a frame nor a star' "$skyweft" why pointed zork

# The same on two ranks: one line of ours beside what mpirun says, and the code arrives.
run="mpirun -n 2 $skyweft run"
with '[solve]' 'parityy = "mirrored"'
refuses 3 'did you mean solve\.parity\?' $run bad.toml
refuses 4 'no frame matches "nothing"' $run night/night.toml --frames nothing --archive dest
refuses 4 'none of the .* trial frames could be solved' $run night/night.toml --catalog shuffled.csv --archive dest
refuses 7 'cannot make the folder .*Not a directory' $run night/night.toml --archive bad.toml/sub

# What failed left nothing that looks finished.
no_parts .
for product in frames.h5 stars.h5 lightcurves/all.h5 report/index.html summary.json; do
  [ ! -e dest/$product ] || fail "a run that failed left dest/$product"
done
echo "passed: every refusal with its line and its code"
