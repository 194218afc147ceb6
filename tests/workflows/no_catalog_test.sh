#!/usr/bin/env bash
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# labels: mpi
# timeout: 300
# Without a catalogue frames are laid on one of them: the same stars, the same answer on any ranks,
# and the reference stays when the run is repeated.
. "$(dirname "$0")/../support/workflow.sh"

simulate_night night n_frames=10 n_stars=300
run() { expect_exit 0 skyweft_on "$1" run night/night.toml --archive "$2" --set 'run.catalog=""' "${@:3}"; }
expect_exit 0 "$skyweft" check night/night.toml --archive one --set 'run.catalog=""'
expect_line 'warning  no star catalogue: frames will be laid on one of them'

run 1 one
expect_line 'frames: 10 measured, 0 set aside' err
expect_line 'stars: [0-9]+ of frame light_[0-9]+\.fits; there is no catalogue' err
run 2 two
same_science one two
cp -r one again
run 1 again --set 'report.max_targets=3'
same_science one again

expect_exit 0 "$skyweft" export frames one --format csv -o frames.csv
[ "$(csv_column solved_by frames.csv | sort | uniq -c | awk '{print $1, $2}')" = '10 reference' ] ||
  fail 'not every frame was laid on the reference'
expect_exit 0 "$skyweft" export stars one --format csv -o stars.csv

# The direction: a star of the reference is where the simulator put it in every frame. The plain
# sky keeps pixels of the reference, so truth maps one to the other by the star's number.
python3 - <<'END' || fail 'stars are not where they were put'
import csv, math, json, statistics
read = lambda name: list(csv.DictReader(open(name, newline="")))
known = json.load(open("one/catalog/known_sky.json"))
frames = {r["i_frame"]: r["file"].split("/")[-1] for r in read("night/truth/frames.csv")}
truth = {}
for r in read("night/truth/fluxes.csv"):
    truth.setdefault(frames[r["i_frame"]], []).append((float(r["x_px"]), float(r["y_px"])))
reference = truth[known["reference"]]
wcs = known["solutions"]["reference"]
# Linear about the frame's middle with +x to the west: x = x0 - xi * k, y = y0 + eta * k.
x0, y0, k = wcs["cx"][0], wcs["cy"][0], abs(wcs["cx"][1]) / wcs["unit_deg"]
ra0, dec0 = wcs["centre_rad"]
stars = read("stars.csv")
near = 0
for s in stars:
    ra, dec = math.radians(float(s["ra_deg"])), math.radians(float(s["dec_deg"]))
    d = math.sin(dec0) * math.sin(dec) + math.cos(dec0) * math.cos(dec) * math.cos(ra - ra0)
    xi = math.degrees(math.cos(dec) * math.sin(ra - ra0) / d)
    eta = math.degrees((math.cos(dec0) * math.sin(dec) - math.sin(dec0) * math.cos(dec) * math.cos(ra - ra0)) / d)
    x, y = x0 - xi * k, y0 + eta * k
    near += min(math.hypot(x - a, y - b) for a, b in reference) < 0.5
# Faint and crowded detections may be off; the catalogue of the simulator is complete.
assert near > 0.9 * len(stars), (near, len(stars))
END
star=$(csv_column star_id stars.csv | head -n 1)
expect_exit 0 "$skyweft" lc one --star "$star" --format csv -o lc.csv
python3 - <<'END' || fail 'the light curve wanders off its star'
import csv, math
read = lambda name: list(csv.DictReader(open(name, newline="")))
frames = {r["i_frame"]: r for r in read("night/truth/frames.csv")}
truth = {}
for r in read("night/truth/fluxes.csv"):
    truth.setdefault(r["star_id"], {})[r["i_frame"]] = (float(r["x_px"]), float(r["y_px"]))
curve = read("lc.csv")
places = [(float(r["x_px"]), float(r["y_px"])) for r in curve]
assert len(places) == 10
order = sorted(frames, key=int)
def worst(t):
    return max(math.hypot(x - t[i][0], y - t[i][1]) for (x, y), i in zip(places, order))
best = min(worst(t) for t in truth.values() if all(i in t for i in order))
# The star's own place in the reference and the transform, each a few hundredths of a pixel.
assert best < 0.3, best
END

# A frame of noise is refused with its odds, and a wrong name for the reference with a right one.
python3 "$support/fits_files.py" noise night/light/light_00003.fits noise.fits || fail 'making a frame without stars'
mv noise.fits night/light/light_00003.fits
run 1 broken --set run.max_rejected=1.0
expect_line 'frames: 9 measured, 1 set aside' err
expect_exit 4 "$skyweft" run night/night.toml --archive named --set 'run.catalog=""' --set align.reference=nosuch.fits
expect_line 'align\.reference = "nosuch\.fits" is none of the usable light frames' err
run 1 named --set align.reference=light_00005.fits --set align.model=shift --set run.max_rejected=1.0
expect_line 'of frame light_00005\.fits' err
echo 'passed: without a catalogue frames are laid on the reference, the same on any ranks'
