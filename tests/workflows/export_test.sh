#!/usr/bin/env bash
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# timeout: 300
# Light curves out of an archive: choices of stars, formats, and what other programs make of them.
. "$(dirname "$0")/../support/workflow.sh"

simulate_night night
expect_exit 0 "$skyweft" run night/night.toml --archive archive
expect_exit 0 "$skyweft" export stars archive -o stars.csv
ids=$(awk -F, 'NR > 1 && $5 == 16 { print $1 }' stars.csv | head -n 5)
star=$(echo "$ids" | head -n 1)
place=$(awk -F, -v s="$star" '$1 == s { print $2 "," $3 }' stars.csv)

# Choices.
names_in() { (cd "$1" && ls | sort); }
expect_exit 0 "$skyweft" export lc archive --star $ids -o chosen
[ "$(names_in chosen)" = "$(for id in $ids; do echo "$id.csv"; done | sort)" ] || fail "--star: $(names_in chosen)"
expect_exit 0 "$skyweft" lc archive --star "$star"
cmp out "chosen/$star.csv" >&2 || fail "export lc and lc differ"
echo "$ids" >list.txt
expect_exit 0 "$skyweft" export lc archive --list list.txt -o listed
diff -r chosen listed >&2 || fail "--list and --star differ"
expect_exit 0 "$skyweft" export lc archive --cone "$place,2" -o cone
[ "$(names_in cone)" = "$star.csv" ] || fail "--cone finds $(names_in cone)"
expect_exit 0 "$skyweft" export lc archive --mag 0,99 --variable 3 -o variable
[ "$(names_in variable | wc -l)" -eq 3 ] || fail "--variable 3 writes $(names_in variable)"
expect_exit 0 "$skyweft" export lc archive --all --one-file -o all.csv
[ "$(wc -l <all.csv)" -eq $((150 * 16 + 1)) ] || fail "--all has $(wc -l <all.csv) lines"
expect_line '^star_id,time_bjd_tdb,frame_id,mag_raw,mag_magfit,mag_epd,mag_tfa,mag_err,flux_e,flux_err_e,x_px,y_px,bg_e,quality,group,airmass' all.csv
expect_exit 2 "$skyweft" export lc archive -o none
expect_exit 2 "$skyweft" export lc archive --all
expect_exit 2 "$skyweft" export stars archive --all
expect_exit 2 "$skyweft" export lc archive --all --format wcs -o none
expect_exit 4 "$skyweft" export lc archive --star 1 -o none
expect_exit 4 "$skyweft" export lc archive --all --as nobody -o none

# VARTOOLS: light curves, and what its -TFA takes beside them.
expect_exit 0 "$skyweft" export lc archive --all --aperture 1 --format vartools -o vartools
[ "$(wc -l <vartools/lc_list)" -eq 150 ] && [ "$(wc -l <vartools/dates_tfa)" -eq 16 ] || fail "VARTOOLS lists"
if [ -e archive/lightcurves/templates.ecsv ]; then
  while read -r file x y; do
    [ -s "$file" ] || fail "the template $file is not there"
    [ "$(awk '{ print NF }' "$file" | sort -u)" = 4 ] || fail "$file has not 4 columns"
    grep -q " $x $y\$" vartools/lc_list || fail "$file is elsewhere in lc_list"
  done <vartools/trendlist_tfa
  [ -s vartools/trendlist_tfa ] || fail "no templates"
fi

# Every format holds the same numbers.
for format in csv ecsv fits votable aavso; do
  expect_exit 0 "$skyweft" export lc archive --star "$star" --format $format -o out_$format
done
expect_exit 0 "$skyweft" export lc archive --star $ids --format votable --one-file -o many.vot
expect_exit 0 "$skyweft" export stars archive --format votable -o stars.vot
expect_exit 0 "$skyweft" export frames archive --format votable -o frames.vot
/usr/bin/python3 -c 'import astropy' 2>/dev/null || {
  echo "astropy is not installed: formats are not read back"
  exit 0
}
/usr/bin/python3 -W ignore - "$star" <<'END' || fail "the formats differ"
import csv, sys
import numpy as np
from astropy.io import fits
from astropy.io.votable import parse
from astropy.table import Table
from astropy.time import Time
from astropy.units import Unit
star = sys.argv[1]
rows = list(csv.DictReader(open(f"out_csv/{star}.csv", newline="")))
number = lambda name: np.array([float(r[name] or "nan") for r in rows])
bjd = number("time_bjd_tdb")

# A generic reader as released: BJDREFI alone decides the format; one as proposed: JDREFI + JDREFF.
def read_generic(path, new_style):
    with fits.open(path) as f:
        assert f[1].name == "LIGHTCURVE" and "MJDREFI" not in f[1].header
        tab = Table.read(f[1])
        names = {n.lower(): n for n in tab.colnames}
        time = np.asarray(tab[names["time"]], float)
        assert np.isfinite(time).all()
        h = f[1].header
        assert h["TIMESYS"].lower() == "tdb" and h["TREFPOS"] == "BARYCENTER" and h["TIMEUNIT"] == "d"
        if new_style:
            zero = h["JDREFI"] + h["JDREFF"]
        else:
            zero = {2454833: 2454833.0, 2457000: 2457000.0}[h["BJDREFI"]] + h["BJDREFF"]
        for need in ("flux", "flux_err", "quality", "cadenceno", "mom_centr1", "mom_centr2"):
            assert need in names, need
        # The FITS standard has no electron: astropy keeps the text, which its own spelling reads.
        assert Unit(str(tab[names["flux"]].unit)) == Unit("electron") / Unit("s")
        p = f[0].header
        assert p["OBJECT"] == star and p["TELESCOP"] and abs(p["DEC_OBJ"]) <= 90 and 0 <= p["RA_OBJ"] < 360
        return Time(zero, time, format="jd", scale=h["TIMESYS"].lower()), tab
old, tab = read_generic(f"out_fits/{star}.fits", False)
new, _ = read_generic(f"out_fits/{star}.fits", True)
assert (old.jd1 == new.jd1).all() and (old.jd2 == new.jd2).all()
assert np.abs(old.jd - bjd).max() < 1e-9  # a double of JD resolves 5e-10 d
assert np.allclose(np.asarray(tab["MAG_RAW"], float), number("mag_raw"), rtol=0, atol=3e-6, equal_nan=True)

ecsv = Table.read(f"out_ecsv/{star}.ecsv")
vot = parse(f"out_votable/{star}.vot", verify="exception").get_first_table().to_table()
for t in (ecsv, vot):
    assert list(t.colnames) == list(rows[0]) and len(t) == 16
    assert np.array_equal(np.asarray(t["time_bjd_tdb"], float), bjd)
    assert [str(g) for g in t["group"]] == [r["group"] for r in rows]
    for name in ("mag_raw", "mag_magfit", "mag_tfa", "flux_e", "airmass"):
        # Shortest decimals of a float32 read back the same.
        assert np.array_equal(np.ma.filled(np.ma.asarray(t[name]), np.nan).astype("f4"), number(name).astype("f4"), equal_nan=True), name
for path, n in (("many.vot", 5 * 16), ("stars.vot", 150), ("frames.vot", 16)):
    assert len(parse(path, verify="exception").get_first_table().to_table()) == n, path
lines = [l for l in open(f"out_aavso/{star}.txt") if not l.startswith("#")]
assert all(len(l.split(",")) == 15 for l in lines) and lines
END
