#!/usr/bin/env bash
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# timeout: 300
# Frames about which nothing is known are found by the index of the sky; wrong pointings and scales
# lead there too; single frames are solved by the verb `solve`.
. "$(dirname "$0")/../support/workflow.sh"

simulate_night night n_frames=6 n_stars=400 nx=512 ny=512
expect_exit 0 "$skyweft" catalog import night/catalog.csv -o sky --all-sky
expect_exit 0 "$skyweft" catalog check sky
expect_exit 0 "$skyweft" catalog index sky -o sky.index --scales 0.3,0.6  # 512 px of 3 arcsec

truth() { python3 - "$@" <<'END'
import csv, math, sys
table, limit = sys.argv[1], float(sys.argv[2])
read = lambda name: list(csv.DictReader(open(name, newline="")))
truth = {r["file"].split("/")[-1]: r for r in read("night/truth/frames.csv")}
rows = read(table)
assert len(rows) == 6
for r in rows:
    t = truth[r["file"]]
    ra, dec, tra, tdec = (math.radians(float(v)) for v in (r["ra_deg"], r["dec_deg"], t["ra_deg"], t["dec_deg"]))
    away = math.degrees(math.hypot((ra - tra) * math.cos(dec), dec - tdec)) * 3600
    assert away < limit, (r["file"], away)
END
}

# Nothing is known: no pointing, no scale.
unknown=(--set 'camera.main.ra_keys=["NONE"]' --set 'camera.main.dec_keys=["NONE"]'
  --set 'camera.main.scale_keys=["NONE"]' --catalog sky)
expect_exit 0 "$skyweft" check night/night.toml --archive found "${unknown[@]}" --index sky.index
expect_line 'no frame tells where it points: the first ones are looked up in the index'
expect_exit 0 "$skyweft" run night/night.toml --archive found "${unknown[@]}" --index sky.index
expect_line 'frames: 6 measured, 0 set aside' err
expect_exit 0 "$skyweft" export frames found --format csv -o found.csv
truth found.csv 2 || fail 'blind solutions are elsewhere'

# The header is wrong by five degrees and the scale by 30 %: the index finds the field.
expect_exit 0 "$skyweft" run night/night.toml --archive wrong "${unknown[@]}" --set field.ra_deg=150 \
  --set field.dec_deg=30 --set camera.main.scale_arcsec_px=3.9 --index sky.index
expect_line 'frames: 6 measured, 0 set aside' err
expect_exit 0 "$skyweft" export frames wrong --format csv -o wrong.csv
truth wrong.csv 2 || fail 'solutions after a wrong pointing are elsewhere'

# Without the index the same run ends and says what is missing.
expect_exit 4 "$skyweft" run night/night.toml --archive lost "${unknown[@]}"
expect_line 'run\.index' err

# One frame by itself.
expect_exit 0 "$skyweft" solve night/light/light_00002.fits --catalog sky --index sky.index -o solved
expect_line 'light_00002\.fits  ra .* matched [0-9]+ of' out
[ -s solved/light_00002.fits.wcs ] || fail 'no .wcs file was written'
python3 "$support/fits_files.py" noise night/light/light_00003.fits noise.fits || fail 'making a frame without stars'
expect_exit 4 "$skyweft" solve noise.fits --catalog sky --index sky.index
expect_line 'not solved: noise\.fits: no star above' err
echo 'passed: frames are found anywhere on the sky'
