#!/usr/bin/env bash
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# timeout: 300
# `skyweft export wcs`: other programs read our plate solutions and find the stars where they were put.
. "$(dirname "$0")/../support/workflow.sh"

python=/usr/bin/python3
$python -c 'import astropy' 2>/dev/null || skip "astropy is absent (/usr/bin/python3)"

simulate_night night n_frames=6 n_stars=500 nx=512 ny=512
python3 "$support/fits_files.py" noise night/light/light_00003.fits noise.fits || fail "making a frame without stars"
mv noise.fits night/light/light_00003.fits
steps='["load","calibrate","background","detect","cosmics","solve","mask","save","measure"]'
expect_exit 0 "$skyweft" run night/night.toml --archive archive --set "run.steps=$steps" --set run.max_rejected=1.0
expect_line 'frames: 5 measured, 1 set aside' err

for format in wcs text copy; do
  expect_exit 0 "$skyweft" export wcs archive --format $format -o "$format"
  expect_line '^not solved: light_00003\.fits' err
  expect_line '^5 of 6 frames written to' err
  [ ! -s out ] || fail "export wcs writes messages to stdout"
  [ "$(find "$format" -type f | wc -l)" -eq 5 ] || fail "$format holds other than 5 files"
done

# Every star that lies in a frame is where the simulator put it, in all four places that say so.
$python - <<'END' || fail "astropy does not find the stars"
import csv, warnings
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

warnings.simplefilter("error")
warnings.simplefilter("ignore", ResourceWarning)
# A header of two axes without an image, as every .wcs file is.
warnings.filterwarnings("ignore", message=".*datfix")
warnings.filterwarnings("ignore", message=".*more axes .2. than the image it is associated with .0.")
read = lambda name: list(csv.DictReader(open(f"night/truth/{name}.csv", newline="")))
sky = {r["star_id"]: (float(r["ra_deg"]), float(r["dec_deg"])) for r in read("stars")}
files = {r["i_frame"]: r["file"].split("/")[-1].removesuffix(".fits") for r in read("frames")}
stars = {}
for r in read("fluxes"):
    stars.setdefault(files[r["i_frame"]], []).append((*sky[r["star_id"]], float(r["x_px"]), float(r["y_px"])))

def header_of(place, stem):
    if place == "text":
        return fits.Header.fromstring(open(f"text/{stem}.head").read(), sep="\n")
    name = {"wcs": f"wcs/{stem}.wcs", "copy": f"copy/{stem}.fits",
            "calibrated": f"archive/calibrated/{stem}.fits"}[place]
    with fits.open(name, checksum=True) as f:
        return f[0].header

n = 0
for stem, rows in stars.items():
    if stem == "light_00003":
        continue
    r = np.array(rows)
    r = r[(r[:, 2] > -0.5) & (r[:, 2] < 511.5) & (r[:, 3] > -0.5) & (r[:, 3] < 511.5)]
    assert len(r) > 300, (stem, len(r))
    for place in ("wcs", "text", "copy", "calibrated"):
        h = header_of(place, stem)
        assert h["SIPERR"] < 1e-3 and h.get("SIPINERR", 0) < 0.02, (place, stem)
        x, y = WCS(h).all_world2pix(r[:, 0], r[:, 1], 0)
        # Stars are centred to some 0.05 px and three hundred of them determine ten numbers per axis:
        # 0.05 sqrt(10/300) = 0.009 px in the mean, thrice that at a corner.
        worst = np.hypot(x - r[:, 2], y - r[:, 3]).max()
        print(f"{stem} {place}: {len(r)} stars, worst {worst:.4f} px")
        assert worst < 0.05, (place, stem, worst)
        n += 1
assert n == 20, n

# The copy has the raw frame's pixels and all its other cards.
for stem in stars:
    if stem == "light_00003":
        continue
    with fits.open(f"night/light/{stem}.fits") as a, fits.open(f"copy/{stem}.fits") as b:
        assert (a[0].data == b[0].data).all() and a[0].header["BZERO"] == b[0].header["BZERO"], stem
        new = ("CHECKSUM", "DATASUM", "RADESYS", "EQUINOX")
        old = [c.image for c in a[0].header.cards if c.keyword not in new]
        left = [c.image for c in b[0].header.cards if c.image in old]
        assert left == old, stem
END

# One frame by name and by number; what is nobody's frame; formats of tables.
id=$("$skyweft" export frames archive | awk -F, '$2 == "light_00002.fits" { print $1 }')
expect_exit 0 "$skyweft" export wcs archive --frame light_00001.fits --frame "$id" -o two
[ "$(cd two && echo *)" = "light_00001.wcs light_00002.wcs" ] || fail "two frames give $(ls two)"
expect_exit 4 "$skyweft" export wcs archive --frame light_00003.fits -o none
expect_exit 4 "$skyweft" export wcs archive --frame nobody.fits -o none
expect_line 'no frame of this archive' err
expect_exit 2 "$skyweft" export wcs archive --format csv -o none
expect_exit 2 "$skyweft" export frames archive --format copy
expect_exit 2 "$skyweft" export wcs archive

# Without the raw frames headers can be written, copies cannot.
mv night/light night/gone
expect_exit 0 "$skyweft" export wcs archive -o later
diff -r wcs later >&2 || fail "without raw frames the headers are others"
expect_exit 4 "$skyweft" export wcs archive --format copy -o none
mv night/gone night/light

# Two mirrored amplifiers: no one header describes the raw frame.
simulate_night halves n_frames=2 n_stars=250 amplifiers=2 overscan_px=8
expect_exit 0 "$skyweft" run halves/night.toml --archive halves/archive --set run.max_rejected=1.0 \
  --set 'run.steps=["load","calibrate","background","detect","cosmics","solve","mask","measure"]'
expect_exit 0 "$skyweft" export wcs halves/archive -o halves/wcs
expect_exit 4 "$skyweft" export wcs halves/archive --format copy -o halves/copy
expect_line 'several images or amplifiers' err
no_parts .
