#!/usr/bin/env bash
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# timeout: 600
# Two amplifiers, overscan that drifts, a bent response: masters equal the truth, on any number of
# ranks; windows, missing masters, several cameras and saved frames behave as the README says.
. "$(dirname "$0")/../support/workflow.sh"

number() { awk -v key="$1" '$1 == key { print $2 }' "$work/out"; }
between() { awk -v v="$1" -v a="$2" -v b="$3" 'BEGIN { exit !(v >= a && v <= b) }' || fail "$4 is $1, not in [$2, $3]"; }

simulate_night night amplifiers=2 overscan_px=24 overscan_drift_adu=25 nonlinearity_per_adu=1e-6 \
  gain_ratio=1.2 n_bias=20 n_dark=20 n_flat=64 n_frames=10
grep -q '^amplifiers' night/night.toml || fail "the simulated camera has no amplifiers"

# --- check lists what it understood and which masters there would be
expect_exit 0 "$skyweft" check night/night.toml --list
expect_line 'light_00003.fits  light  camera main .* 256x256  2 amplifiers  filter .R.'
expect_line 'ok +master flat_main_R_[0-9]{8} from 64 frames'

# --- masters against the truth
save='run.steps=["load","calibrate","background","detect","cosmics","solve","save","mask","measure"]'
run_on() { skyweft_on "$1" run night/night.toml --archive "$2" --set "$save" "${@:3}"; }
expect_exit 0 run_on 2 two
expect_line 'masters: dark_main_60s_[0-9]{8} from 20 frames, with bias_main_[0-9]{8}' "$work/err"
master() { ls two/masters/"$1"*.fits; }
compare() { expect_exit 0 python3 "$support/compare_masters.py" "$(master "$1")" night/truth/detector.fits "${@:2}"; }
# Pulls have variance nu/(nu - 2) with nu = n - 1 + 4 degrees of freedom in the quoted error: 1.05
# rms for 20 frames, 1.02 for 64; 65536 pixels fix it to 0.3 %. Integer ADU and the overscan's own
# error (one value per row) add little.
compare bias BIAS 1 -1000
between "$(number rms_pull)" 0.95 1.10 "bias pull"
compare dark DARK 40 0 1.2 "$(master bias)"  # 60 s / (1.5 e-/ADU)
between "$(number rms_pull)" 0.95 1.10 "dark pull"
compare flat FLAT
# 64 flats of 40 000 e-: photon noise 0.0625 % rms, more at the dimmer edge and in the second
# amplifier's quantisation.
between "$(number rms_relative)" 0 0.001 "flat error"
between "$(number rms_pull)" 0.95 1.10 "flat pull"
between "$(number masked)" 0 0.01 "masked share of the flat"

# --- same bytes on any number of ranks, saved frames included
[ "$(ls two/calibrated/*.fits | wc -l)" -eq 10 ] || fail "not every frame was saved"
for ranks in 1 3; do
  expect_exit 0 run_on $ranks "on$ranks"
  same_science two "on$ranks"
done

# --- sky flats: the same camera, large and small scale apart; faint flats make a low master
simulate_night dim amplifiers=2 overscan_px=24 overscan_drift_adu=25 nonlinearity_per_adu=1e-6 \
  gain_ratio=1.2 flat_level_e=4000 n_flat=8 n_frames=1
for frame in dim/flat/*.fits; do cp "$frame" "night/flat/low_$(basename "$frame")"; done
expect_exit 0 skyweft_on 1 run night/night.toml --archive sky1 --set match.flat=sky --set skyflat.min_separation=0
expect_exit 0 skyweft_on 3 run night/night.toml --archive sky3 --set match.flat=sky --set skyflat.min_separation=0
same_science sky1 sky3
expect_exit 0 python3 "$support/compare_masters.py" "$(ls sky1/masters/flat*.fits)" night/truth/detector.fits FLAT
between "$(number rms_relative)" 0 0.001 "sky flat error"
# 8 flats of 4000 e-: 0.56 % of photon noise.
expect_exit 0 python3 "$support/compare_masters.py" "$(ls sky1/masters/lowflat*.fits)" night/truth/detector.fits FLAT
between "$(number rms_relative)" 0.004 0.008 "low flat error"

# --- a missing master: fail, skip, uncorrected
mv night/flat away
sed -i 's/, "flat"//' night/night.toml
expect_exit 3 "$skyweft" run night/night.toml --archive none
expect_line 'no master flat.*there are no flat frames' "$work/err"
expect_exit 3 "$skyweft" check night/night.toml
expect_exit 4 "$skyweft" run night/night.toml --archive none --set calibrate.missing_master=skip
expect_exit 0 "$skyweft" run night/night.toml --archive none --set calibrate.missing_master=uncorrected
expect_exit 0 "$skyweft" why none light_00003.fits
expect_line 'no flat: there are no flat frames'
expect_exit 0 "$skyweft" export frames none -o frames.csv
grep -q 'no flat' frames.csv || fail "export frames does not tell that the flat was missing"

# --- windows: cut out of full-frame masters, the origin tested on the pixels
simulate_night full n_frames=6 n_flat=20 flat_pixel_noise=0.02 sky_e_per_s_px=200
cp -r full cut
for frame in full/light/*.fits; do
  python3 "$support/cut_window.py" "$frame" "cut/light/$(basename "$frame")" 30 20 200 210 1 || fail "cutting"
done
cat >>cut/night.toml <<'END'
[camera.main]
window_x_keys = ["WINX"]
window_y_keys = ["WINY"]
END
short='run.steps=["load","calibrate","save","background","detect","solve","measure"]'
expect_exit 0 "$skyweft" run full/night.toml --archive whole --set "$short"
expect_exit 0 "$skyweft" run cut/night.toml --archive window --set "$short"
expect_line 'window from \(30, 20\).*fit the master there' "$work/err"
python3 - <<END || fail "a window is not calibrated like the same pixels of the whole frame"
import sys
sys.path.insert(0, "$support")
sys.dont_write_bytecode = True
from compare_masters import planes
for i in range(6):
    name = f"calibrated/light_0000{i}.fits"
    whole, window = planes("whole/" + name), planes("window/" + name)
    for plane in ("VALUE", "ERROR", "MASK"):
        wide, (nx, ny, cut) = whole[plane], window[plane]
        assert (nx, ny) == (200, 210)
        for y in range(ny):
            row = wide[2][(y + 20) * wide[0] + 30 : (y + 20) * wide[0] + 230]
            assert list(row) == list(cut[y * nx : (y + 1) * nx]), (plane, y)
END
expect_exit 3 "$skyweft" run cut/night.toml --archive shifted --set camera.main.window_base=0
expect_line 'fit the master at \(-1, -1\)' "$work/err"

# --- two cameras told apart by a condition
simulate_night one n_frames=4
for frame in one/*/*.fits; do sed -i "s/skyweft simulator/another simulator/" "$frame"; done
mkdir pair && cp -r full/light full/bias full/dark full/flat pair/ && mkdir pair/second
for kind in light bias dark flat; do cp -r one/$kind pair/second/$kind; done
expect_exit 0 "$skyweft" init pair -o pair/pair.toml --catalog full/catalog.csv
expect_line "when = \"INSTRUME == 'another simulator'\"" pair/pair.toml
expect_exit 0 "$skyweft" check pair/pair.toml --list
expect_line 'camera skyweftsimulator'
expect_line 'camera anothersimulator'
echo passed
