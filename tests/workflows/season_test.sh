#!/usr/bin/env bash
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# labels: slow
# timeout: 900
# Three nights and two cameras, one night cloudy: scatter at the noise model and the transit's depth
# kept; a night that comes later gives the same light curves and touches nothing; a branch leaves the
# archive alone.
. "$(dirname "$0")/../support/workflow.sh"

season=(nx=448 ny=448 n_stars=250 mag_bright=9 mag_faint=13.5 exposure_s=90 gain_e_per_adu=4
  n_nights=3 n_cameras=2 n_frames=40 cadence_s=540 start_utc=2024-02-10T05:00:00 cloudy_night=2
  transit_depth=0.0092 transit_duration_h=3 transit_period_d=1.99454) # 10 mmag in nights 1 and 3
sets=()
for set in "${season[@]}"; do sets+=(--set "simulate.$set"); done
expect_exit 0 mpirun -n 2 "$skyweft" simulate -o season "${sets[@]}"
[ "$(find season/light -name '*.fits' | wc -l)" -eq 240 ] || fail "the season has not 240 light frames"

run_season() {
  local archive=$1
  shift
  expect_exit 0 mpirun -n 2 "$skyweft" run season/night.toml --archive "$archive" \
    --set 'target.transit.reconstruct="transit"' --set report.enabled=false --frames "$@"
}
old_files() { (cd "$1" && find . -type f \( -path './segments/*' -o -name 'raw-*.h5' \) | sort); }

run_season grown season/light/night1 season/light/night2
expect_line 'frames: 160 measured, 0 set aside' "$work/err"
expect_line 'groups: cam1/R, cam2/V' "$work/err"
old_files grown >old.list
[ "$(wc -l <old.list)" -ge 6 ] || fail "two nights of two cameras have only $(wc -l <old.list) files"
(cd grown && xargs sha256sum) <old.list >old.sums
run_season grown season/light/night1 season/light/night2 season/light/night3
expect_line 'frames: 240 measured, 0 set aside' "$work/err"
(cd grown && sha256sum --quiet -c ../old.sums) >&2 || fail "the third night changed files of the first two"
[ "$(old_files grown | wc -l)" -gt "$(wc -l <old.list)" ] || fail "the third night made no files"

run_season once season/light/night1 season/light/night2 season/light/night3
expect_line 'groups: cam1/R, cam2/V' "$work/err"
for file in $(cd once && ls frames.h5 stars.h5 magfit.h5 references.h5 catalog/stars.fits segments/* lightcurves/{magfit,epd,tfa}-*); do
  cmp "grown/$file" "once/$file" || fail "$file depends on whether the third night came later"
done
star=$("$skyweft" export stars once --format csv | sed -n '20s/,.*//p')
for archive in grown once; do expect_exit 0 "$skyweft" lc $archive --star "$star" --format csv -o $archive.csv; done
cmp grown.csv once.csv || fail "a light curve depends on whether the third night came later"

python3 "$source/tools/compare-truth" "$skyweft" season once --season --strict || fail "the truth is not met"

(cd once && find . -type f ! -name run.log ! -path './branches/*' -exec sha256sum {} +) | sort -k 2 >main.sums
expect_exit 0 mpirun -n 2 "$skyweft" run once --from tfa --as few --set tfa.max_templates=2
for file in stars.h5 lightcurves/tfa-0000.h5; do
  [ -s once/branches/few/$file ] || fail "the branch has no $file"
done
(cd once && sha256sum --quiet -c ../main.sums) >&2 || fail "the branch changed products of the archive"
transit=$(csv_column star_id <(grep -E '^star_id|transit' season/truth/stars.csv))
expect_exit 0 "$skyweft" lc once --star "$transit" --aperture 1 --format csv -o main.csv
expect_exit 0 "$skyweft" lc once --as few --star "$transit" --aperture 1 --format csv -o few.csv
cmp <(csv_column mag_epd main.csv) <(csv_column mag_epd few.csv) || fail "the branch has another EPD"
! cmp -s <(csv_column mag_tfa main.csv) <(csv_column mag_tfa few.csv) || fail "the branch's TFA is the archive's"
echo "passed: the season comes back as it was made, night by night or at once"
