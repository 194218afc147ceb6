#!/usr/bin/env bash
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# timeout: 300
# Two runs are compared star by star; what cannot be compared is refused with words.
. "$(dirname "$0")/../support/workflow.sh"

simulate_night night n_stars=200
run() { expect_exit 0 "$skyweft" run night/night.toml --archive "$1" --set report.enabled=false "${@:2}"; }
run plain
expect_line 'mag +[0-9.]+: +[0-9]+ stars, scatter raw [0-9.]+ magfit [0-9.]+ epd [0-9.]+ tfa' err
run small --set 'phot.radii_px=[1.0,1.2]'

# With itself: nothing is better or worse, and nothing is uncertain.
expect_exit 0 "$skyweft" compare plain plain
expect_line '^row,from_mag,to_mag,n_star,scatter_a,scatter_b,ratio,ratio_err,better,worse,points_a,points_b,points_kept$'
expect_exit 0 "$skyweft" compare plain plain --format csv -o same.csv
expect_exit 0 "$skyweft" compare plain small --stage magfit -o differ.csv
expect_exit 0 "$skyweft" compare plain small --stage magfit -o again.csv
cmp differ.csv again.csv || fail "the bootstrap errors differ from call to call"
python3 - <<'END' || fail "the tables of compare"
import csv
same, differ = (list(csv.DictReader(open(f"{n}.csv"))) for n in ("same", "differ"))
assert [r["row"] for r in same] == ["bin"] * (len(same) - 1) + ["all"]
assert int(same[-1]["n_star"]) == sum(int(r["n_star"]) for r in same[:-1]) > 100
for r in same:
    assert r["ratio"] == "1" and r["better"] == r["worse"] == "0" and r["points_kept"] == "1", r
    assert r["ratio_err"] == ("" if r["n_star"] == "1" else "0"), r
# Apertures smaller than the stars lose light: more scatter, beyond its error.
total = differ[-1]
assert float(total["ratio"]) - 1 > 3 * float(total["ratio_err"]) > 0, total
assert float(total["worse"]) > float(total["better"]), total
END

# Forms.
expect_exit 0 "$skyweft" compare plain small --format text
expect_line '^ +mag +stars +A +B +B/A'
expect_line '^ +all +[0-9]+'
expect_line '^points kept: [0-9.]+ % of A'
expect_exit 0 "$skyweft" compare plain small --format ecsv
expect_line '^# %ECSV'
expect_exit 0 "$skyweft" compare plain small --format fits -o compare.fits
[ -s compare.fits ] || fail "no FITS table"

# What cannot be compared.
expect_exit 2 "$skyweft" compare plain
expect_exit 2 "$skyweft" compare plain small --format fits
cp -r small unfinished && rm unfinished/stars.h5
expect_exit 4 "$skyweft" compare plain unfinished
expect_line 'unfinished/stars\.h5 is not written yet.*skyweft status unfinished' err
expect_exit 4 "$skyweft" compare night plain
expect_line 'night is not an archive' err
sed '2,$ s/^4/3/' night/catalog.csv >other.csv
expect_exit 0 "$skyweft" run night/night.toml --archive other --set report.enabled=false --set "run.catalog=$PWD/other.csv"
expect_exit 4 "$skyweft" compare plain other
expect_line 'no star in common' err

# stars: the new columns come after the old ones.
expect_exit 0 "$skyweft" export stars plain -o stars.csv
python3 - <<'END' || fail "export stars"
import csv, math
rows = list(csv.DictReader(open("stars.csv")))
names = list(rows[0])
assert names.index("expected_loss") < names.index("ratio_to_model") < names.index("rms_raw")
for r in rows:
    if int(r["n_points"]) < 3: continue
    assert int(r["n_points"]) == float(r["n_finite_tfa"])
    assert math.isclose(float(r["ratio_to_model"]), float(r["scatter_tfa"]) / float(r["noise_model"]), rel_tol=1e-6)
    assert float(r["point_to_point_tfa"]) > 0 and float(r["rms_tfa"]) > 0
END
echo "passed: two runs are compared"
