#!/usr/bin/env bash
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# timeout: 300
# `skyweft ensemble`: differential photometry of a simulated night's transit, its explanation, formats, mistakes.
. "$(dirname "$0")/../support/workflow.sh"

simulate_night night nx=400 ny=400 n_stars=200 n_frames=40
expect_exit 0 "$skyweft" run night/night.toml --archive archive --set report.enabled=false
expect_line 'frames: 40 measured, 0 set aside' err

# The star with the transit, as the simulator knows it.
python3 - <<'PY' || fail "no transit in the simulated night"
import csv
stars = list(csv.DictReader(open("night/truth/stars.csv")))
star = next(s for s in stars if s["variable"] == "transit")
open("star", "w").write(star["star_id"])
open("place", "w").write(f"{star['ra_deg']},{star['dec_deg']}")
PY
star=$(cat star)

# Mid-time of the transit: the middle of the night (simulate.transit_mid_fraction), which lasts 1.2 h.
expect_exit 0 "$skyweft" ensemble archive --star "$star" --aperture 2 -o first.csv
mid=$(python3 -c 'import csv; t = [float(r["time_bjd_tdb"]) for r in csv.DictReader(open("first.csv"))]; print((t[0] + t[-1]) / 2)')
expect_exit 0 "$skyweft" ensemble archive --star "$star" --event "$mid,1.3" --explain why.csv -o curve.csv
expect_line "^all: star $star, aperture [0-9]+: [0-9]+ comparison stars of [0-9]+ candidates; scatter .* validation stars" err
python3 - "$star" <<'PY' || fail "the differential light curve"
import csv, math, statistics, sys
rows = list(csv.DictReader(open("curve.csv")))
assert len(rows) == 40, len(rows)
number = lambda r, k: float(r[k]) if r[k] else math.nan
good = [r for r in rows if math.isfinite(number(r, "flux_rel"))]
assert len(good) >= 36, len(good)  # a cosmic ray may take a point
for r in good:
    flux, err = number(r, "flux_rel"), number(r, "flux_rel_err")
    assert abs(math.hypot(number(r, "err_star"), number(r, "err_comparison")) / err - 1) < 1e-9
    assert abs(number(r, "mag_diff") + 2.5 * math.log10(flux)) < 1e-9
    assert int(r["n_comparison"]) >= 1
outside = [r for r in good if r["outside_event"] == "1"]
assert 5 <= len(outside) < 40
assert abs(statistics.median(number(r, "flux_rel") for r in outside) - 1) < 1e-9
why = list(csv.DictReader(open("why.csv")))
assert 20 <= len(why) <= 200 and sys.argv[1] not in {r["star_id"] for r in why}
kept = [r for r in why if r["kept"] == "1"]
assert kept and abs(sum(float(r["weight"]) for r in kept) - 1) < 1e-9
assert all(r["reason"] for r in why)
assert all(r["reason"].startswith("kept") == (r["kept"] == "1") for r in why)
# Five stars like the target: the median of their scatter over the formal error is known to
# 1.25 · 1.17/√40/√5 = 10 % for honest errors, times 4; scintillation and flat fields are not in the errors.
checked = [float(r["validation_ratio"]) for r in why if r["validation_ratio"]]
assert len(checked) == 5, checked
assert 0.6 < statistics.median(checked) < 1.6, checked
PY

# What is excluded stays out, what is forced goes in; both are listed.
first=$(python3 -c 'import csv; print(next(r["star_id"] for r in csv.DictReader(open("why.csv")) if r["kept"] == "1"))')
# A candidate that was measured, but not the first of those chosen.
other=$(python3 -c 'import csv, sys
rows = [r for r in csv.DictReader(open("why.csv")) if int(r["n_points"]) > 30 and r["star_id"] != sys.argv[1]]
print(rows[-1]["star_id"])' "$first")
expect_exit 0 "$skyweft" ensemble archive --star "$star" --exclude "$first" --force "$other" --explain why2.csv -o curve2.csv
python3 - "$first" "$other" <<'PY' || fail "lists of comparison stars"
import csv, sys
why = {r["star_id"]: r for r in csv.DictReader(open("why2.csv"))}
assert why[sys.argv[1]]["reason"] == "excluded by the user" and why[sys.argv[1]]["kept"] == "0"
if sys.argv[1] != sys.argv[2]:
    assert why[sys.argv[2]]["reason"] in ("kept: forced", "weighs next to nothing"), why[sys.argv[2]]
PY

# Places, the best aperture, bins, the old rules, other formats; twice the same bytes.
expect_exit 0 "$skyweft" ensemble archive --position "$(cat place)" --event "$mid,1.3" -o again.csv
cmp curve.csv again.csv || fail "two ways to name a star give two light curves"
expect_exit 0 "$skyweft" ensemble archive --star "$star" --event "$mid,1.3" --aperture best --max-candidates 30 -o best.csv
expect_line '^pont by aperture: ' err
expect_exit 0 "$skyweft" ensemble archive --star "$star" --bin 30 -o binned.csv
python3 - <<'PY' || fail "bins"
import csv
rows = list(csv.DictReader(open("binned.csv")))
assert 1 < len(rows) < 40 and 30 <= sum(int(r["n_points"]) for r in rows) <= 40
PY
for mode in prose eloy; do
  # Their rule may keep no star at all.
  "$skyweft" ensemble archive --star "$star" --mode $mode --max-candidates 20 -o $mode.csv 2>err || [ $? -eq 4 ] || fail "--mode $mode"
done
expect_exit 0 "$skyweft" ensemble archive --star "$star" --format ecsv -o curve.ecsv
for card in 'COMP1' 'WGHT1' 'SCATTER' 'VALRATIO' 'NCOMP'; do expect_line "^#   $card: " curve.ecsv; done
expect_exit 0 "$skyweft" ensemble archive --star "$star" --format fits -o curve.fits

# Mistakes.
expect_exit 2 "$skyweft" ensemble archive
expect_exit 2 "$skyweft" ensemble archive --position here
expect_exit 2 "$skyweft" ensemble archive --star "$star" --aperture largest
expect_exit 2 "$skyweft" ensemble archive --star "$star" --aperture 99
expect_exit 2 "$skyweft" ensemble archive --star "$star" --event 2458000.5
expect_exit 4 "$skyweft" ensemble archive --star 12345
expect_exit 4 "$skyweft" ensemble archive --star "$star" --exclude 12345
expect_exit 4 "$skyweft" ensemble archive --target nobody
expect_exit 4 "$skyweft" ensemble nowhere --star 1
expect_exit 4 "$skyweft" ensemble archive --star "$star" --mag-range 1,2
expect_line 'no comparison star is left of [0-9]+ candidates: dropped .*by magnitude' err
echo "passed: ensemble photometry of a simulated night"
