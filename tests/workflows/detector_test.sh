#!/usr/bin/env bash
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# `skyweft detector` finds the gain, read noise, dark rate, linearity and bad pixels that frames were
# made with, and says what it lacks.
. "$(dirname "$0")/../support/workflow.sh"

mkdir frames
python3 "$support/calib_photon_files.py" frames || fail "no frames were made"
expect_exit 0 "$skyweft" detector --frames frames --json -o found
python3 - <<'END' || fail "the numbers are not those the frames were made with"
import json, math, struct
said = json.load(open("out"))
assert said == json.load(open("found/detector.json"))
(d,) = said["detectors"]
assert d["frames"] == {"bias": 4, "dark": 3, "flat": 12} and d["camera"] == "main", d
(a,) = d["amplifiers"]

def within(name, value, truth, error, most):
    # Four standard errors as quoted, which must themselves be no larger than `most`.
    print(f"{name}: {value} +- {error}, truth {truth}")
    assert 0 < error < most and abs(value - truth) < 4 * error, name

# 65536 pixels know a variance to 0.55 %; six levels with a free curvature know the gain to 1 %,
# which also is the read noise's error, beside 0.4 % from two bias pairs.
within("gain", a["gain_e_per_adu"], 1.7, a["gain_error_e_per_adu"], 0.015 * 1.7)
within("read noise", a["read_noise_e"], 6.2, a["read_noise_error_e"], 0.02 * 6.2)
# Noise shrinks by 1 - 2 c0 a, light is a (1 + c0 a): variance (a - 3 c0 a^2)/g.
within("curvature", a["variance_curvature"], 3 * 2e-7 / 1.7, a["variance_curvature_error"], 5e-7)
assert 0.5 < a["chi2_per_dof"] < 1.5, a["chi2_per_dof"]
# A mean of 65536 pixels: 3.7/256 ADU per bias frame, 4.5/256 per dark; over 100 s and times gain.
# The gain's 1 % of 0.2 e-/s adds 0.002.
assert abs(a["bias_adu"] - 1000) < 4 * (3.7 + 2.0) / 256, a["bias_adu"]
error = math.hypot(math.hypot(3.7 / 256 / 2, 4.5 / 256 / math.sqrt(3)) / 100 * 1.7, 0.002)
assert abs(a["dark_e_s"] - 0.2) < 4 * error, a["dark_e_s"]
assert a["dark_temperature_c"] == -20 and a["dark_per_kelvin"] is None
l = a["linearity"]
# Twelve levels, at most three unknowns: five of the errors quoted is one in a thousand for Student's
# t with nine degrees of freedom.
assert len(l["coefficients"]) == 1, l
assert 0 < l["errors"][0] < 4e-8 and abs(l["coefficients"][0] - 2e-7) < 5 * l["errors"][0], l
# The brightest flats are 0.6 % off, so within 1 % throughout.
top = 2500.2 * 20 / 1.7
assert abs(l["linear_to_adu"] / top - 1) < 0.01 and 0.05 < l["rms_percent"] < 0.6, l
assert l["rms_corrected_percent"] < 0.05, l  # noise of the mean of the shortest flats: 0.04 %
assert a["full_well_adu"] is None and abs(a["brightest_adu"] / top - 1) < 0.01

# The plane MASK, 16 bits with an offset of 32768: hot 2, dead 1 and 128, unstable 1.
data = open("found/bad_pixels.fits", "rb").read()
at = 0
while data[at : at + 80].rstrip() != b"END":
    at += 80
start = (at // 2880 + 1) * 2880
bits = [v + 32768 for v in struct.unpack(f">{256 * 256}h", data[start : start + 2 * 256 * 256])]
bad = {(i % 256, i // 256): b for i, b in enumerate(bits) if b}
print("bad pixels:", bad)
assert bad.pop((10, 20)) & 2 and bad.pop((30, 40)) & 129 == 129 and bad.pop((50, 60)) & 1, bad
# 65536 pixels beyond 5 sigma by chance: 0.02 of them on the hot side.
assert len(bad) <= 1, bad
assert a["pixels"]["bad"] == 3 + len(bad)
assert (a["hottest"][0]["x"], a["hottest"][0]["y"]) == (10, 20), a["hottest"]
assert abs(a["hottest"][0]["dark_e_s"] / a["gain_e_per_adu"] - 50.1) < 4 * 4.5 / math.sqrt(3) / 100 + 0.1
END
if command -v gnuplot >/dev/null; then
  for picture in photon_transfer linearity; do
    grep -q '</svg>' "found/$picture.svg" || fail "there is no picture $picture.svg"
  done
fi

# For people: a table and lines that a configuration takes.
expect_exit 0 "$skyweft" detector --frames frames -o again
expect_line '^  gain +1\.[67][0-9]+ ± 0\.0[0-9]+ e-/ADU$'
sed -n '/^\[camera\.main\]/,/^$/p' out >lines.toml
expect_line '^gain_e_per_adu = 1\.' lines.toml
expect_line '^read_noise_e = 6\.' lines.toml
expect_line '^linearity = \[[0-9.]+e-07\]' lines.toml
expect_exit 0 "$skyweft" detector --frames frames/bias* frames/flat_4_* frames/flat_8_0.fits -o few
expect_line 'note: linearity was not measured'
expect_line 'note: dark rate and hot pixels were not measured'
no_parts .

# The order of the files on the command line changes nothing.
expect_exit 0 "$skyweft" detector --frames $(ls -r frames/*.fits) -o turned
cmp found/detector.json turned/detector.json >&2 || fail "the order of files changes the result"

# Without gnuplot the numbers are there all the same.
PATH=/nonexistent expect_exit 0 "$skyweft" detector --frames frames -o plain
expect_line 'gnuplot is not installed' err
[ ! -e plain/photon_transfer.svg ] && [ -s plain/photon_transfer.dat ] || fail "pictures without gnuplot"

# What is missing is said.
expect_exit 4 "$skyweft" detector --frames frames/bias* frames/dark*
expect_line 'needs two flats of equal exposure and filter at least .there are 0 flats' err
expect_exit 4 "$skyweft" detector --frames frames/bias_0.fits frames/flat_4_0.fits frames/flat_8_0.fits
expect_line 'needs two bias frames at least .there is 1., and two flats .* .there are 2 flats, no two alike' err
expect_exit 4 "$skyweft" detector --frames "$support"/*.py
expect_exit 3 "$skyweft" detector
expect_line 'no frames are named' err
expect_exit 2 "$skyweft" detector --frames frames --camera other
expect_line 'no camera other' err
expect_exit 2 "$skyweft" detector --frames frames --box 2
echo passed
