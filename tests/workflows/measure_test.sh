#!/usr/bin/env bash
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# timeout: 300
# `skyweft measure`: fluxes and magnitudes of a list against the truth, limits on empty sky, a moving target, pixels
# without a catalogue, Kron and elliptical apertures, mistakes.
. "$(dirname "$0")/../support/workflow.sh"

simulate_night night n_frames=3 n_stars=200 psf=gaussian cosmic_rays_per_frame=0
# Calibrated frames: with the pedestal of the bias in it, the sky's photon noise would be overestimated.
expect_exit 0 "$skyweft" run night/night.toml --archive archive --set report.enabled=false \
  --set 'run.steps=["load","calibrate","background","detect","cosmics","solve","save","places","shape","measure"]'
frame=$(echo archive/calibrated/*light_00001*)
[ -f "$frame" ] || fail "no calibrated frame: $(ls archive/calibrated)"
python3 - <<'PY'
import csv
frames = list(csv.DictReader(open("night/truth/frames.csv")))
stars = {r["star_id"]: r for r in csv.DictReader(open("night/truth/stars.csv"))}
now = [r for r in csv.DictReader(open("night/truth/fluxes.csv")) if r["i_frame"] == "1"]
far = lambda a: min((float(a["x_px"]) - float(b["x_px"]))**2 + (float(a["y_px"]) - float(b["y_px"]))**2 for b in now if b is not a)
inside = [r for r in now if 30 < float(r["x_px"]) < 225 and 30 < float(r["y_px"]) < 225 and far(r) > 15**2]
inside.sort(key=lambda r: -float(r["flux_e"]))
picked = [r for r in inside if stars[r["star_id"]]["variable"] == "constant"][2:8]
with open("list.csv", "w") as f:
    f.write("id,ra,dec,mag\n")
    for r in picked:
        s = stars[r["star_id"]]
        f.write(f"{r['star_id']},{s['ra_deg']},{s['dec_deg']},{s['mag']}\n")
star = stars[picked[0]["star_id"]]
t = float(frames[1]["time_utc_mid_jd"])
# A target that passes over the star in the middle of the exposure, 20 arcsec an hour in right ascension.
with open("way.csv", "w") as f:
    f.write("jd_utc,ra_deg,dec_deg,name\n")
    for k in range(-3, 4):
        f.write(f"{t + k / 24:.9f},{float(star['ra_deg']) + k * 20 / 3600:.9f},{star['dec_deg']},mover\n")
open("xy", "w").write(f"{picked[0]['x_px']},{picked[0]['y_px']}")
PY

expect_exit 0 "$skyweft" measure $frame --catalog night/catalog.csv --stars list.csv --ephemeris way.csv -o list_out.csv
python3 - <<'PY' || fail "measured values are off"
import csv, math
truth = {r["star_id"]: r for r in csv.DictReader(open("night/truth/fluxes.csv")) if r["i_frame"] == "1"}
mags = {r["id"]: float(r["mag"]) for r in csv.DictReader(open("list.csv"))}
rows = list(csv.DictReader(open("list_out.csv")))
assert {r["target"] for r in rows} == set(mags) | {"mover"}
largest = max(int(r["aperture"]) for r in rows)
for r in rows:
    if r["target"] == "mover":
        continue
    true = float(truth[r["target"]]["flux_e"])
    inside, flux, err = float(r["light_inside"]), float(r["flux_e"]), float(r["flux_err_e"])
    # `light_inside` supposes round Gaussians of the frame's mean width; these vary by 5 % over the field, which is
    # at most 2 % of the light within 1 FWHM; the flat's level is known to 2 % (its mean over the frame).
    assert abs(flux / true - inside) < 0.04 + 4 * err / true, (r["target"], flux / true, inside)
    assert abs(math.hypot(float(r["source_err_e"]), float(r["sky_err_e"]), float(r["level_err_e"]), float(r["flat_err_e"])) / err - 1) < 1e-6
    # Aperture corrections come from a few stars (2 %), the colour term is fitted or not (5 %).
    assert abs(float(r["mag"]) - mags[r["target"]]) < 0.1 + 4 * float(r["mag_err"]), r
    assert float(r["limit_5sigma_e"]) > float(r["limit_3sigma_e"]) > 0
    # 500 places: the scatter is known to 3 to 5 %; hot pixels and faint stars add some.
    assert 0.8 < float(r["empty_ratio"]) < 1.4, r["empty_ratio"]
star = [r for r in rows if r["target"] == list(mags)[0]]
mover = [r for r in rows if r["target"] == "mover"]
for a, b in zip(star, mover):
    assert abs(float(a["x_px"]) - float(b["x_px"])) < 0.02 and a["quality"] == b["quality"]
    assert abs(float(a["flux_e"]) / float(b["flux_e"]) - 1) < 0.005
PY

# A night of them, the empty sky, and places outside.
expect_exit 0 "$skyweft" measure 'archive/calibrated/*' --catalog night/catalog.csv --stars list.csv --format ecsv -o night.ecsv
expect_exit 0 "$skyweft" measure $frame --xy "$(cat xy)" --xy 5000,5000 --xy -0.4,100
python3 - "$work/out" <<'PY' || fail "pixels without a catalogue"
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
first, outside, edge = [[r for r in rows if r["target"] == t] for t in dict.fromkeys(r["target"] for r in rows)]
assert all(float(r["flux_e"]) > 20 * float(r["flux_err_e"]) and r["mag"] == "" for r in first)
assert all(r["flux_e"] == "" and "NOT_MEASURED" in r["flags"] for r in outside)
assert all(r["flux_e"] == "" and "EDGE" in r["flags"] and 0 < float(r["coverage"]) < 1 for r in edge)
PY
for shape in kron ellipse; do
  expect_exit 0 "$skyweft" measure $frame --xy "$(cat xy)" --shape $shape --set forced.ellipse_a_px=6 --set forced.ellipse_b_px=4
  python3 - "$work/out" <<'PY' || fail "$shape"
import csv, sys
(r,) = csv.DictReader(open(sys.argv[1]))
assert float(r["flux_e"]) > 0 and float(r["a_px"]) >= float(r["b_px"]) > 1
PY
done

expect_exit 2 "$skyweft" measure $frame --catalog night/catalog.csv
expect_exit 2 "$skyweft" measure $frame --xy here
expect_exit 3 "$skyweft" measure $frame --position 150,25
expect_line 'catalog' "$work/err"
echo "not,an,ephemeris" >bad.csv
expect_exit 4 "$skyweft" measure $frame --catalog night/catalog.csv --ephemeris bad.csv
expect_exit 4 "$skyweft" measure nothing.fits --xy 1,1
echo "passed: forced measurement of lists"
