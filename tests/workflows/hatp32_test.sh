#!/usr/bin/env bash
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# labels: realdata slow
# timeout: 600
# One real transit of HAT-P-32 b, from raw frames to the published depth and time.
. "$(dirname "$0")/../support/workflow.sh"

data=${SKYWEFT_DATA:-$source/../shared/data}/hatp32
[ -d "$data" ] || skip "no HAT-P-32 frames in $data (set SKYWEFT_DATA)"
[ "$(find "$data" -name '*.FITS' | wc -l)" -eq 142 ] || skip "$data has not the 142 frames"

begin=$(date +%s.%N)
expect_exit 0 mpirun -n 2 "$skyweft" run "$source/workflows/presets/hatp32.toml" \
  --frames "$data" --catalog "$data/catalog_tycho2.csv" --archive archive
echo "wall $(python3 -c "import time; print(f'{time.time() - $begin:.1f}')") s (60 s wanted on two cores)"
expect_exit 0 "$skyweft" export frames archive -o frames.csv
expect_exit 0 "$skyweft" export stars archive -o stars.csv
expect_exit 0 "$skyweft" lc archive --position 31.042736,46.687853 -o target.csv
python3 - <<'END' || fail "the numbers of the acceptance list are not met"
import csv, json, math, statistics, sys

MID = 2458107.7126  # published for these frames
HALF = 0.0648  # half of the transit's 3.11 h
INGRESS = 0.0172  # d


def table(name):
    return list(csv.DictReader(open(name, newline="")))


def number(text):
    return float(text) if text else math.nan


def scatter(values):
    middle = statistics.median(values)
    return 1.4826 * statistics.median(abs(v - middle) for v in values)


def shape(t):
    return min(1.0, max(0.0, (HALF - abs(t)) / INGRESS))


def depth_at(points, mid):
    """Least squares of flux = c - d shape(t - mid): d and the sum of squared residuals."""
    s = [(f, shape(t - mid)) for t, f in points]
    mean_f, mean_s = statistics.fmean(f for f, _ in s), statistics.fmean(x for _, x in s)
    norm = sum((x - mean_s) ** 2 for _, x in s)
    slope = sum((f - mean_f) * (x - mean_s) for f, x in s) / norm if norm > 0 else 0.0
    return -slope, sum((f - mean_f - slope * (x - mean_s)) ** 2 for f, x in s)


def flux_of(rows, column):
    points = [(number(r["time_bjd_tdb"]), number(r[column])) for r in rows]
    points = [(t, m) for t, m in points if math.isfinite(m)]
    outside = [m for t, m in points if abs(t - MID) > 0.075]
    middle = statistics.median(outside)
    flux = [(t, 10 ** (-0.4 * (m - middle))) for t, m in points]
    noise = scatter(outside)
    return [(t, f) for t, f in flux if abs(f - 1) < 0.1], noise


faults = []


def check(text, value, low, high, unit=""):
    ok = low <= value <= high
    print(f"{'ok ' if ok else 'NOT'}  {text:46}{value:14.6f} {unit:5} wanted {low:g} to {high:g}")
    if not ok:
        faults.append(text)


frames, stars, target = table("frames.csv"), table("stars.csv"), table("target.csv")
check("frames", len(frames), 142, 142)
check("frames measured", sum(r["state"] == "measured" for r in frames), 142, 142)
first = number(target[0]["time_bjd_tdb"])
check("first BJD_TDB - 2458107.569858", first - 2458107.569858, -2e-6, 2e-6, "d")
for column, depth_low, depth_high in (("mag_magfit", 0.020, 0.029), ("mag_tfa", 0.015, 0.029)):
    points, noise = flux_of(target, column)
    inside = [f for t, f in points if abs(t - MID) < 0.045]
    outside = [f for t, f in points if abs(t - MID) > 0.075]
    check(f"{column}: points inside", len(inside), 25, 142)
    check(f"{column}: points outside", len(outside), 25, 142)
    check(f"{column}: dip", 1 - statistics.median(inside) / statistics.median(outside), depth_low, depth_high)
    mid = min((MID + 0.0002 * k for k in range(-150, 151)), key=lambda m: depth_at(points, m)[1])
    depth, _ = depth_at(points, mid)
    check(f"{column}: depth of the fitted trapezoid", depth, depth_low, depth_high)
    check(f"{column}: mid transit - published", mid - MID, -0.008, 0.008, "d")
    if column == "mag_magfit":
        check(f"{column}: scatter out of transit", 1000 * noise, 0, 8, "mmag")
ranked = sorted((r for r in stars if r["mag"]), key=lambda r: float(r["mag"]))[19:60]
for stage, limit in (("magfit", 10.0), ("tfa", 8.5)):
    values = [number(r[f"scatter_{stage}"]) for r in ranked]
    values = [v for v in values if math.isfinite(v)]
    check(f"stars 20-60 with a scatter after {stage}", len(values), 35, 41)
    check(f"median scatter of stars 20-60 after {stage}", 1000 * statistics.median(values), 0.1, limit, "mmag")
summary = json.load(open("archive/summary.json"))
check("peak memory per rank", summary["peak_memory_mib_per_rank"], 1, 400, "MiB")
check("ranks", summary["ranks"], 2, 2)
print("seconds by stage: " + " ".join(f"{k} {v:.1f}" for k, v in summary["seconds"].items()))
sys.exit(1 if faults else 0)
END
