#!/usr/bin/env bash
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# timeout: 300
# The verbs around a run, as scripts use them: columns, formats, tables, reports, moved archives.
. "$(dirname "$0")/../support/workflow.sh"

simulate_night night
first_line() { expect_line "^$1\$" <(head -n 1 "${2:-$work/out}"); }

# catalog: what is imported comes out again.
expect_exit 0 "$skyweft" catalog import night/catalog.csv -o catalog.fits
expect_line '^catalog\.fits: 150 stars'
expect_exit 0 "$skyweft" catalog info night/catalog.csv
sed 's/night.catalog.csv/catalog.fits/' out >info.csv
expect_exit 0 "$skyweft" catalog info catalog.fits
diff out info.csv >&2 || fail "catalog import changed the catalogue"
expect_exit 0 "$skyweft" catalog import night/catalog.csv -o bright.fits --faint-limit 12
n_bright=$(awk -F, 'NR > 1 && $7 <= 12' night/catalog.csv | wc -l)
[ "$n_bright" -gt 5 ] || fail "the night has $n_bright bright stars only"
expect_line "^bright\.fits: $n_bright stars"

# init, check, run: a folder of frames becomes light curves without an editor.
expect_exit 0 "$skyweft" init night --catalog catalog.fits -o mine.toml
expect_line 'next: skyweft check mine\.toml'
expect_exit 2 "$skyweft" init night -o mine.toml
expect_exit 0 "$skyweft" check mine.toml
expect_line 'ok +16 light frames'
expect_line 'ok +5 flat frames'
! grep -Eq 'problem' out || fail "check finds problems"
expect_exit 0 "$skyweft" run mine.toml
expect_line 'frames: 16 measured, 0 set aside' err
[ ! -s out ] || fail "run writes messages to stdout"
expect_exit 0 "$skyweft" run night/night.toml --archive archive

# status
expect_exit 0 "$skyweft" status archive
expect_line '^archive: complete$'
expect_exit 0 "$skyweft" status archive --json
python3 - <<'END' || fail "status --json"
import json
s = json.load(open("out"))
assert s["complete"] is True and s["frames_measured"] == 16 and s["frames_set_aside"] == 0, s
assert s["units_missing"] == 0 and s["units"]["segment"] == 2, s
END

# export
expect_exit 0 "$skyweft" export stars archive -o stars.csv
first_line 'star_id,ra_deg,dec_deg,mag,n_points,aperture,scatter_raw,scatter_magfit,scatter_epd,scatter_tfa,noise_model(,.*)?' stars.csv
expect_exit 0 "$skyweft" export frames archive
first_line 'frame_id,file,state,reason,time_utc_mid_jd,ra_deg,dec_deg,scale_arcsec_px,rotation_deg,n_sources,n_matched,wcs_rms_px,fwhm_px,bg_e,zero_point(,.*)?'
cp out frames.csv
[ "$(wc -l <stars.csv)" -eq 151 ] && [ "$(wc -l <frames.csv)" -eq 17 ] || fail "export lists another number of rows"
python3 - <<'END' || fail "exported numbers are not plausible"
import csv, math
frames = list(csv.DictReader(open("frames.csv", newline="")))
truth = {r["file"]: r for r in csv.DictReader(open("night/truth/frames.csv", newline=""))}
for row in frames:
    t = next(v for k, v in truth.items() if k.endswith(row["file"]))
    assert row["state"] == "measured" and row["reason"] == ""
    assert abs(float(row["time_utc_mid_jd"]) - float(t["time_utc_mid_jd"])) < 1e-8
    # A tenth of a pixel of 3 arcsec.
    assert abs(float(row["dec_deg"]) - float(t["dec_deg"])) < 0.3 / 3600
    assert abs(float(row["ra_deg"]) - float(t["ra_deg"])) < 0.3 / 3600 / math.cos(math.radians(25))
    assert abs(float(row["scale_arcsec_px"]) - float(t["scale_arcsec_px"])) < 0.003
times = [float(r["time_utc_mid_jd"]) for r in frames]
assert times == sorted(times)
for row in csv.DictReader(open("stars.csv", newline="")):
    if int(row["n_points"]) > 10:
        assert float(row["scatter_magfit"]) > 0 and float(row["noise_model"]) > 0, row
END

# lc: by id and by position, all formats.
star=$(awk -F, 'NR > 1 && $5 == 16' stars.csv | sed -n 10p | cut -d, -f1)
place=$(awk -F, -v s="$star" '$1 == s { print $2 "," $3 }' stars.csv)
columns='time_bjd_tdb,frame_id,mag_raw,mag_magfit,mag_epd,mag_tfa,mag_err,flux_e,flux_err_e,x_px,y_px,bg_e,quality'
expect_exit 0 "$skyweft" lc archive --star "$star"
first_line "$columns(,.*)?"
cp out lc.csv
[ "$(wc -l <lc.csv)" -eq 17 ] || fail "the light curve has not 16 points"
expect_exit 0 "$skyweft" lc archive --position "$place"
cmp -s out lc.csv || fail "--position finds another star than --star"
expect_exit 0 "$skyweft" lc archive --star "$star" --format csv -o file.csv
cmp -s file.csv lc.csv || fail "-o writes something else than stdout"
expect_exit 0 "$skyweft" lc archive --star "$star" --aperture 0
! cmp -s out lc.csv || expect_exit 0 "$skyweft" lc archive --star "$star" --aperture 1
! cmp -s out lc.csv || fail "--aperture changes nothing"
expect_exit 0 "$skyweft" lc archive --star "$star" --format vartools
[ "$(grep -Evc '^#' out)" -eq 16 ] || fail "VARTOOLS text has not 16 rows"
[ "$(grep -Ev '^#' out | awk '{ print NF }' | sort -u)" = 4 ] || fail "VARTOOLS rows have not 4 columns"
expect_exit 0 "$skyweft" lc archive --star "$star" --format ecsv -o lc.ecsv
expect_line '^# %ECSV 1\.0' lc.ecsv
expect_line "^$columns" lc.ecsv
expect_exit 0 "$skyweft" lc archive --star "$star" --format fits -o lc.fits
expect_line '^SIMPLE  =                    T' <(head -c 80 lc.fits)
expect_exit 0 "$skyweft" export stars archive --format fits -o stars.fits
expect_exit 0 "$skyweft" export frames archive --format ecsv -o frames.ecsv
if /usr/bin/python3 -c 'import astropy' 2>/dev/null; then
  /usr/bin/python3 -W ignore - <<'END' || fail "astropy reads something else"
import csv, numpy
from astropy.table import Table
rows = list(csv.DictReader(open("lc.csv", newline="")))
ecsv, fits = Table.read("lc.ecsv"), Table.read("lc.fits")
assert len(ecsv) == len(fits) == 16
bjd = numpy.array([float(r["time_bjd_tdb"]) for r in rows])
assert numpy.abs(numpy.asarray(ecsv["time_bjd_tdb"]) - bjd).max() < 1e-8
assert numpy.abs(numpy.asarray(fits["TIME"]) + fits.meta["BJDREFI"] + fits.meta["BJDREFF"] - bjd).max() < 1e-8
for csv_name, fits_name in (("mag_raw", "MAG_RAW"), ("mag_magfit", "MAG_MAGFIT"), ("mag_tfa", "MAG_TFA")):
    mag = numpy.array([float(r[csv_name] or "nan") for r in rows])
    # Seven digits of a float32 near 20.
    assert numpy.allclose(numpy.asarray(ecsv[csv_name], float), mag, rtol=0, atol=3e-6, equal_nan=True)
    assert numpy.allclose(numpy.asarray(fits[fits_name], float), mag, rtol=0, atol=3e-6, equal_nan=True)
assert str(ecsv["time_bjd_tdb"].unit) == "d" and fits["TIME"].unit == "d"
assert len(Table.read("stars.fits")) == 150 and len(Table.read("frames.ecsv")) == 16
END
else
  echo "astropy is not installed: ECSV and FITS are not read back"
fi

# why and explain
expect_exit 0 "$skyweft" why archive light_00003.fits
expect_line '^frame light_00003\.fits .*: measured'
expect_exit 0 "$skyweft" why archive "$star"
expect_line "^star $star at RA "
expect_line '16 of 16 frames have a flux'
expect_exit 0 "$skyweft" why archive
expect_line 'no frame of 16 was set aside'
expect_exit 0 "$skyweft" explain phot.radii_px
expect_line '^phot\.radii_px = \['
expect_line 'stale: frames transpose magfit epd tfa statistics report'
expect_exit 0 "$skyweft" explain tfa
[ "$(grep -c '^tfa\.' out)" -ge 3 ] || fail "explain tfa lists too little"
! grep -Eq '^(epd|phot|run)\.' out || fail "explain tfa lists other sections"
expect_exit 0 "$skyweft" explain --json
python3 -c 'import json; o = json.load(open("out")); assert len(o) > 60 and all(x["meaning"] for x in o)' || fail "explain --json"
expect_exit 0 "$skyweft" --help
for verb in init catalog simulate detector check run status why lc export report explain; do
  expect_line "^  $verb "
  "$skyweft" $verb --help >/dev/null || fail "$verb --help"
done
expect_exit 0 "$skyweft" --version
expect_line '^skyweft [0-9]+\.[0-9]+\.[0-9]+$'

# The report opens from disk: nothing from the network, every picture and link there.
check_report() {
  python3 - "$1" <<'END' || fail "the report of $1 does not stand alone"
import os, re, sys
folder = os.path.join(sys.argv[1], "report")
text = open(os.path.join(folder, "index.html")).read()
assert not re.search(r"https?://|//cdn|<script[^>]+src", text), "it refers to the network"
names = re.findall(r'(?:src|href)="([^"]+)"', text)
pictures = [n for n in names if n.endswith((".png", ".svg"))]
assert len(pictures) >= 5 or "gnuplot is missing" in text, names
for name in names:
    assert not os.path.isabs(name) and os.path.getsize(os.path.join(folder, name)) > 0, name
for star in ("transit", "eclipsing", "pulsating"):
    assert f"<h2>{star}</h2>" in text, star
END
}
check_report archive

# An archive that was moved, and may only be read, answers as before.
mkdir -p far/away
mv archive far/away/moved
chmod -R a-w far/away/moved
expect_exit 0 "$skyweft" lc far/away/moved --star "$star"
cmp -s out lc.csv || fail "the moved archive gives another light curve"
expect_exit 0 "$skyweft" export stars far/away/moved
cmp -s out stars.csv || fail "the moved archive gives other stars"
expect_exit 0 "$skyweft" export frames far/away/moved
cmp -s out frames.csv || fail "the moved archive gives other frames"
expect_exit 0 "$skyweft" status far/away/moved
expect_line 'moved: complete'
expect_exit 0 "$skyweft" why far/away/moved light_00003.fits
check_report far/away/moved
chmod -R u+w far/away/moved
expect_exit 0 "$skyweft" report far/away/moved
check_report far/away/moved
# A gnuplot that does not work costs the pictures, not the run.
mkdir fake
printf '#!/bin/sh\nexit 1\n' >fake/gnuplot
chmod +x fake/gnuplot
cp -r far/away/moved plain
expect_exit 0 env PATH="$PWD/fake:$PATH" "$skyweft" report plain
expect_line 'class=missing>Picture not drawn' plain/report/index.html
! grep -rIl "$work" far/away/moved --include=config.toml --include=journal --include=index.html >&2 || fail "the archive holds absolute paths"
echo "passed: verbs"
