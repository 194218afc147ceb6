#!/usr/bin/env bash
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# `skyweft detect` writes the stars or all objects of single frames, whatever their headers lack.
. "$(dirname "$0")/../support/workflow.sh"

# Frames as an amateur has them: no date, no exposure, a wrong type, a cube.
python3 - <<'END' || fail "no frames were made"
import math, random, struct
random.seed(3)
stars = [(30 + 40 * (k % 6) + random.random(), 30 + 40 * (k // 6) + random.random(), 10 ** (4 + 0.04 * k))
         for k in range(36)]

def image(shift):
    rows = [[500 + random.gauss(0, 8) for _ in range(260)] for _ in range(260)]
    for x, y, flux in stars:
        x += shift
        for iy in range(int(y) - 10, int(y) + 11):
            for ix in range(int(x) - 10, int(x) + 11):
                r2 = (ix - x) ** 2 + (iy - y) ** 2
                rows[iy][ix] += flux / (2 * math.pi * 1.96) * math.exp(-0.5 * r2 / 1.96)
    return b"".join(struct.pack(">260f", *row) for row in rows)

def write(name, cards, data, planes=None):
    cards = ["SIMPLE  =                    T", "BITPIX  =                  -32",
             f"NAXIS   = {3 if planes else 2:20d}", f"NAXIS1  = {260:20d}", f"NAXIS2  = {260:20d}"] + \
            ([f"NAXIS3  = {planes:20d}"] if planes else []) + cards + ["END"]
    head = "".join(c.ljust(80) for c in cards).encode()
    head += b" " * (-len(head) % 2880)
    open(name, "wb").write(head + data + b"\0" * (-len(data) % 2880))

write("bare.fits", [], image(0))
write("typed.fits", ["IMAGETYP= 'BIAS    '", "EXPTIME =                 30.0", "TIMESYS = 'TAI     '",
                     "DATE-OBS= '2020-01-02T03:04:05'", "TRIMSEC = '[11:260,21:260]'"], image(0))
write("cube.fits", ["DATE-OBS= '2020-01-02T03:04:05'", "EXPTIME =                 30.0"],
      image(0) + image(3), planes=2)
write("blank.fits", [], struct.pack(">260f", *([100.0] * 260)) * 260)
open("truth.csv", "w").write("x,y,flux\n" + "".join(f"{x},{y},{f}\n" for x, y, f in stars))
END

# The table of a bare picture is on standard output; every star is there.
expect_exit 0 "$skyweft" detect bare.fits
cp out bare.csv
expect_line '^x_px,y_px,' bare.csv
cat >compare.py <<'END'
import csv, math, sys
table, shift_x, shift_y = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
found = list(csv.DictReader(l for l in open(table) if not l.startswith("#")))
truth = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(open("truth.csv"))]
wanted = [t for t in truth if 2 <= t["x"] + shift_x and 2 <= t["y"] + shift_y]
flux = "flux_auto_e" if "flux_auto_e" in found[0] else "flux_e"
for t in wanted:
    near = [f for f in found if math.hypot(float(f["x_px"]) - t["x"] - shift_x,
                                           float(f["y_px"]) - t["y"] - shift_y) < 0.3]
    assert len(near) == 1, (t, near)
    # Kron ellipses leave out 0.7 % of a Gaussian, circles of 2 FWHM nothing. Noise of 8 per pixel
    # in some 150 pixels is 100 e, 1 % of the faintest; four times that.
    assert abs(float(near[0][flux]) / t["flux"] - 1) < 0.01 + 4 * 100 / t["flux"], (t, near[0])
print(len(found), "found,", len(wanted), "true")
assert len(wanted) <= len(found) <= len(wanted) + int(sys.argv[4])
END
python3 compare.py bare.csv 0 0 0 || fail "the stars are not those of the picture"
# What the user masks is not looked at: the first star.
expect_exit 0 "$skyweft" detect bare.fits --set 'mask.regions=["circle 30 30 15"]' -o masked.csv
[ "$(csv_column x_px masked.csv | wc -l)" -eq 35 ] || fail "a masked star is in the list"
# Isophotes of 5 pixels at 1.5 sigma find some noise as well.
expect_exit 0 "$skyweft" detect bare.fits --extended --set extended.threshold_sigma=3 -o all.csv
expect_line '^bare.fits: [0-9]+ sources, FWHM 3\.[0-9]+ px: all.csv$'
python3 compare.py all.csv 0 0 2 || fail "the objects are not those of the picture"
[ "$(csv_column class all.csv | sort | uniq -c | sort -rn | awk 'NR==1 {print $2}')" = point ] ||
  fail "the stars are no points"

# A header that says it is a bias with a time in TAI is a picture all the same; the trimmed frame
# counts from its own corner, regions from the raw file's.
expect_exit 0 "$skyweft" detect typed.fits -o typed.ecsv
expect_line '^# %ECSV' typed.ecsv
expect_line 'x_px.*unit: "pixel"' typed.ecsv
expect_line 'EXPTIME: 30' typed.ecsv
python3 compare.py typed.ecsv -10 -20 0 || fail "a trimmed frame has other places"
expect_exit 0 "$skyweft" detect typed.fits --format reg
cp out typed.reg
python3 - <<'END' || fail "the regions are not where the stars are in the raw file"
import csv, math, re
at = [tuple(map(float, m)) for m in re.findall(r"^circle\(([\d.]+),([\d.]+),", open("typed.reg").read(), re.M)]
for t in csv.DictReader(open("truth.csv")):
    # DS9 calls the first pixel 1.
    assert min(math.hypot(x - 1 - float(t["x"]), y - 1 - float(t["y"])) for x, y in at) < 0.3, t
END

# FITS, and several frames into a folder; a cube's planes are frames. Unusable files are named, the
# others are written all the same.
expect_exit 4 "$skyweft" detect --extended --format fits -o tables bare.fits cube.fits blank.fits
expect_line 'blank.fits: .*all pixels have the same value' err
[ "$(ls tables | tr '\n' ' ')" = "bare.sources.fits cube.sources.fits cube_plane1.sources.fits " ] ||
  fail "the folder holds $(ls tables)"
if python3 -c 'import astropy' 2>/dev/null; then
  python3 - <<'END' || fail "astropy does not read the tables"
from astropy.table import Table
t = Table.read("tables/cube_plane1.sources.fits")
assert str(t["flux_auto_e"].unit) == "electron" and str(t["theta_deg"].unit) == "deg", t.info
assert t.meta["FWHM_PX"] > 3 and "MJD-AVG" in t.meta, t.meta
a = Table.read("tables/cube.sources.fits")
assert abs((t["x_px"][0] - a["x_px"][0]) - 3) < 0.02  # the second plane is shifted by 3 px
assert Table.read("typed.ecsv")["fwhm_px"].unit == "pixel"
END
fi
no_parts .

# A calibrated frame, as a run saves it, is taken as it is: amplifiers, overscan and gain are not
# applied again.
simulate_night night amplifiers=2 overscan_px=24 n_frames=3
expect_exit 0 "$skyweft" run night/night.toml --archive archive \
  --set 'run.steps=["load","calibrate","background","detect","solve","save","measure"]'
saved=$(find archive/calibrated -name '*.fits' | sort | head -n 1)
[ -n "$saved" ] || fail "the run saved no calibrated frame"
expect_exit 0 "$skyweft" detect --config night/night.toml "$saved" -o saved.ecsv
expect_exit 0 "$skyweft" export frames archive -o frames.csv
python3 - "$saved" <<'END' || fail "a calibrated frame has other stars than the run found"
import csv, os, re, sys
rows = list(csv.DictReader(open("frames.csv")))
stem = os.path.basename(sys.argv[1])[:-5]
(row,) = [r for r in rows if r["file"].startswith(stem)]
head = open("saved.ecsv").read()
n = sum(1 for l in open("saved.ecsv") if not l.startswith("#")) - 1
fwhm = float(re.search(r"FWHM_PX: ([\d.]+)", head).group(1))
sky = float(re.search(r"SKY_E: ([\d.]+)", head).group(1))
print(n, row["n_sources"], fwhm, row["fwhm_px"], sky, row["bg_e"])
# The variance goes through its root and back as floats: a source at the threshold may differ. One
# of some hundred moves their median by less than 0.1 %.
assert abs(n - int(row["n_sources"])) <= 1
assert abs(fwhm / float(row["fwhm_px"]) - 1) < 1e-3 and abs(sky / float(row["bg_e"]) - 1) < 1e-4
END

# A raw frame of two amplifiers without masters: same stars, the flat's few per cent apart.
raw=$(ls night/light/*.fits | head -n 1)
expect_exit 0 "$skyweft" detect --config night/night.toml "$raw" -o raw.csv
python3 - <<'END' || fail "a raw frame has other stars than the calibrated one"
import csv, math
read = lambda name: [(float(r["x_px"]), float(r["y_px"]), float(r["snr"]), int(r["mask"]))
                     for r in csv.DictReader(l for l in open(name) if not l.startswith("#"))]
raw, saved = read("raw.csv"), read("saved.ecsv")
bright = [s for s in saved if s[2] > 20 and not s[3]]  # a faulty pixel, which only calibration knows, moves a centre
assert len(bright) > 10
for x, y, *_ in bright:
    # Centres at S/N 20 scatter by FWHM/(1.67 S/N) = 0.1 px, the flat adds a tenth of that.
    assert min(math.hypot(x - a, y - b) for a, b, *_ in raw) < 0.5, (x, y)
END

# What is wrong is said.
expect_exit 2 "$skyweft" detect
expect_exit 2 "$skyweft" detect bare.fits typed.fits
expect_line 'name a folder for their tables' err
expect_exit 2 "$skyweft" detect bare.fits --format fits
expect_line 'FITS needs a file' err
expect_exit 2 "$skyweft" detect bare.fits --format votable
expect_exit 3 "$skyweft" detect bare.fits --extended --set extended.treshold_sigma=3
expect_line 'did you mean extended.threshold_sigma' err
expect_exit 3 "$skyweft" detect bare.fits --extended --set extended.threshold_sigma=-1
expect_exit 4 "$skyweft" detect nothing.fits
expect_exit 4 "$skyweft" detect typed.ecsv
echo passed
