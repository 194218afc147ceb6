#!/usr/bin/env bash
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# labels: realdata
# timeout: 300
# A photometry table that others measured becomes an archive: 41 stars in 94 frames around the RR
# Lyrae EY UMa.
. "$(dirname "$0")/../support/workflow.sh"

data=${SKYWEFT_DATA:-$source/../shared/data}/ey_uma
[ -d "$data" ] || skip "real data absent: $data (set SKYWEFT_DATA)"

# Exposures begin at date-obs. The gain follows from the table's own instrumental magnitudes, which
# are -2.5 log10(1.47 aperture_net_flux / exposure).
cat >run.toml <<END
[run]
table = "$data/2014-12-29-ey-uma-9.fits"
archive = "archive"
[site]
longitude_deg = -96.77
latitude_deg = 46.87
height_m = 311
[table]
time = "date-obs"
time_reference = "start"
flux = ["aperture_net_flux"]
magnitude_err = ["mag_error"]
background = "sky_per_pix_med"
gain_e_per_adu = 1.47
radii_px = [18]
[magfit]
terms = ["O1{x,y}"]
[target.ey_uma]
ra_deg = 135.5865
dec_deg = 49.81926
variable = true
END
expect_exit 0 "$skyweft" run run.toml
expect_line 'table: 41 stars, 94 frames, 0 set aside' err
[ ! -s out ] || fail "run writes messages to stdout"

# The same on two ranks, and again without work.
expect_exit 0 skyweft_on 2 run run.toml --archive two
for file in stars.h5 frames.h5 catalog/stars.fits; do
  cmp "archive/$file" "two/$file" >&2 || fail "$file differs between one and two ranks"
done
cp archive/journal journal.before
expect_exit 0 "$skyweft" run run.toml
cmp journal.before archive/journal >&2 || fail "a second run works again"

expect_exit 0 "$skyweft" export stars archive -o stars.csv
expect_exit 0 "$skyweft" lc archive --target ey_uma -o ey_uma.csv
expect_exit 0 "$skyweft" export lc archive --all --one-file -o all.csv
python3 - <<'END' || fail "the light curves are not those of the table"
import csv, statistics as st
stars = list(csv.DictReader(open("stars.csv", newline="")))
assert len(stars) == 41
rows = list(csv.DictReader(open("all.csv", newline="")))
assert len(rows) == 41 * 94
curves = {}
for r in rows:
    curves.setdefault(int(r["star_id"]), []).append(r)
def scatter(values):
    m = st.median(values)
    return 1.4826 * st.median(abs(v - m) for v in values)
# Constant stars: those whose photon noise, as the table states it, is below 4 mmag. None of them is
# the variable; each loses no frame.
bright = 0
for star, points in sorted(curves.items()):
    assert len(points) == 94
    noise = st.median(float(p["mag_err"]) for p in points)
    if noise < 0.004:
        bright += 1
        s = scatter([float(p["mag_magfit"]) for p in points])
        print("star", star, "noise %.1f mmag, scatter %.1f mmag" % (1000 * noise, 1000 * s))
        assert s <= 0.004, (star, s)
assert bright == 4, bright
# EY UMa: from its 2.5th to its 97.5th percentile, which the noise of 46 mmag cannot stretch as it
# does the extremes, it spans 0.41 mag against the four bright stars. A frame's correction, a plane
# through these, is uncertain by 3 mmag at its place, so a percentile between two points by as much,
# the span by 5 mmag; the rounding of 0.41 adds 5 mmag: three times both in quadrature are 0.02.
mine = sorted(float(r["mag_magfit"]) for r in csv.DictReader(open("ey_uma.csv", newline="")))
assert len(mine) == 94
def percentile(p):
    at = p * (len(mine) - 1)
    i = int(at)
    return mine[i] + (at - i) * (mine[i + 1] - mine[i])
amplitude = percentile(0.975) - percentile(0.025)
print("EY UMa: %.3f mag" % amplitude)
assert abs(amplitude - 0.41) < 0.02, amplitude
END

# Without numbers of stars, without x and y, in magnitudes and from CSV: the same stars.
/usr/bin/python3 -c 'import astropy' 2>/dev/null || { echo "astropy is absent: the CSV is not made"; exit 0; }
/usr/bin/python3 -W ignore - "$data" <<'END'
import sys
from astropy.table import Table
t = Table.read(sys.argv[1] + "/2014-12-29-ey-uma-9.fits")
t["RA", "Dec", "date-obs", "exposure", "mag_inst_R", "mag_error", "filter"].write("table.csv")
END
cat >places.toml <<END
[run]
table = "table.csv"
archive = "places"
[table]
time_reference = "start"
magnitude = ["mag_inst_R"]
magnitude_err = ["mag_error"]
END
expect_exit 0 "$skyweft" run places.toml
expect_line 'table: 41 stars, 94 frames, 0 set aside' err
expect_line 'place is not known' err
