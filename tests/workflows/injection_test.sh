#!/usr/bin/env bash
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# labels: slow
# timeout: 600
# Artificial transits, in magnitudes and in pixels, are what the plan says; magnitude fitting leaves
# them, plain EPD and TFA take a part, and fitting them together with the templates gives it back.
. "$(dirname "$0")/../support/workflow.sh"

simulate_night night nx=448 ny=448 n_stars=250 mag_bright=9 mag_faint=13 n_frames=60 cadence_s=360 \
  start_utc=2024-02-10T05:00:00 gain_e_per_adu=4 exposure_s=90
# 1.5 of every 4.8 to 7.2 hours, in a night of 6 hours: one event for nearly every star.
transits=(--set inject.kind=transit --set inject.share=0.35 --set inject.max_mag=12 --set inject.duration_h=1.5
  --set inject.min_amplitude_mag=0.02 --set inject.max_amplitude_mag=0.02
  --set inject.min_period_d=0.2 --set inject.max_period_d=0.3)
few=(--set 'magfit.terms=["O1{x, y}"]' --set report.enabled=false)
run() { expect_exit 0 mpirun -n 2 "$skyweft" run "$@" "${few[@]}"; }

run night/night.toml --archive main
expect_line 'frames: 60 measured, 0 set aside' "$work/err"
(cd main && find . -type f ! -name run.log -exec sha256sum {} +) | sort -k 2 >main.sums
run main --from magfit --as plain "${transits[@]}"
run main --from magfit --as kept "${transits[@]}" --set inject.reconstruct=true
(cd main && sha256sum --quiet -c ../main.sums) >&2 || fail "a branch changed products of the archive"
steps='["load","calibrate","background","detect","cosmics","solve","mask","places","shape","inject","measure"]'
run night/night.toml --archive pixels "${transits[@]}" --set inject.where=pixels --set "run.steps=$steps"

expect_exit 0 "$skyweft" recovery main --as plain
expect_line 'stage +mag_low +mag_high +n_star +n_seen +attenuation'
for branch in plain kept; do
  expect_exit 0 "$skyweft" recovery main --as $branch --format csv -o $branch.bins.csv
  expect_exit 0 "$skyweft" recovery main/branches/$branch --stars --format csv -o $branch.stars.csv
done
expect_exit 0 "$skyweft" recovery pixels --format csv -o pixels.bins.csv
expect_exit 0 "$skyweft" recovery pixels --stars --format csv -o pixels.stars.csv
for column in star_id amplitude mid_bjd period duration; do
  cmp <(csv_column $column plain.stars.csv) <(csv_column $column pixels.stars.csv) || fail "the plans differ in $column"
done
expect_exit 4 "$skyweft" recovery main
expect_line 'without artificial signals' "$work/err"
expect_exit 3 "$skyweft" run night/night.toml --archive wrong "${transits[@]}" --set inject.where=pixels
expect_line 'needs the step "inject"' "$work/err"

python3 - "$skyweft" <<'END' || fail "signals are not what they should be"
import csv, io, math, statistics, subprocess, sys

skyweft = sys.argv[1]
faults = []


def check(text, value, low, high):
    ok = low <= value <= high
    print(f"{'ok ' if ok else 'NOT'}  {text:62}{value:10.4f}  wanted {low:.4f} to {high:.4f}")
    if not ok:
        faults.append(text)


def read(name):
    return list(csv.DictReader(open(name, newline="")))


def number(text):
    return float(text) if text else math.nan


def curve(archive, star):
    words = [skyweft, "lc", archive, "--star", star, "--aperture", "2", "--format", "csv"]
    text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return list(csv.DictReader(io.StringIO(text)))


def shape(star, bjd):
    """A trapezoid whose ingress takes 15 % of its length."""
    period, duration = float(star["period"]), float(star["duration"]) / 24
    away = (bjd - float(star["mid_bjd"])) / period
    inside = 0.5 * duration - abs(away - round(away)) * period
    return min(1.0, max(0.0, inside / (0.15 * duration)))


def amplitude(points):
    """Least squares of difference = constant + amplitude · shape."""
    mean_s, mean_d = (statistics.fmean(p[k] for p in points) for k in (0, 1))
    norm = sum((s - mean_s) ** 2 for s, _ in points)
    return sum((s - mean_s) * (d - mean_d) for s, d in points) / norm


# The same light curve with and without its transit: noise cancels, what is left is the pipeline's.
stars = read("plain.stars.csv")
ratio = {key: [] for key in ("magnitudes magfit", "magnitudes tfa", "kept tfa", "pixels raw", "pixels magfit")}
unlike = []
for star in stars:
    main = curve("main", star["star_id"])
    s = [shape(star, number(r["time_bjd_tdb"])) for r in main]
    if not 5 <= sum(v > 0.5 for v in s) <= len(s) - 5 or any(not math.isfinite(number(r["mag_tfa"])) for r in main):
        continue
    a = float(star["amplitude"])
    for key in ratio:
        archive, stage = key.split()
        path = {"magnitudes": "main/branches/plain", "kept": "main/branches/kept", "pixels": "pixels"}[archive]
        other = curve(path, star["star_id"])
        points = [(v, number(o[f"mag_{stage}"]) - number(m[f"mag_{stage}"])) for v, o, m in zip(s, other, main)]
        points = [p for p in points if math.isfinite(p[1])]
        ratio[key].append(amplitude(points) / a)
        if key == "pixels raw":
            unlike += [abs(d - a * v) for v, d in points]
median = {key: statistics.median(values) for key, values in ratio.items()}
check("stars compared", len(ratio["kept tfa"]), 15, 60)
# The middle aperture loses the planned share of what it holds; a neighbour's signal, within 1 % of
# the light of most stars, is all that differs.
check("pixels: raw amplitude over the planned one", median["pixels raw"], 0.99, 1.01)
check("pixels: typical departure from the planned shape, mmag", 1000 * statistics.median(unlike), 0.0, 0.2)
# A frame's fit of 3 terms to some 200 stars, a few of which carry most of the weight, follows a
# star's own signal by a few times 3/200.
for key in ("magnitudes magfit", "pixels magfit"):
    check(f"{key}: recovered over injected", median[key], 0.93, 1.02)
# 6 EPD terms and at least 5 templates for 60 points take 11/60 of a shape they know nothing about.
check("magnitudes, plain TFA: recovered over injected", median["magnitudes tfa"], 0.2, 1.0 - 0.5 * 11 / 60)
# The joint fit's own noise does not cancel between the two runs; the stars' scatter shows it.
spread = 1.4826 * statistics.median(abs(v - median["kept tfa"]) for v in ratio["kept tfa"])
err = 1.2533 * spread / math.sqrt(len(ratio["kept tfa"]))
check("magnitudes, TFA with the signal: error of the median", err, 0.0, 0.05)
check("magnitudes, TFA with the signal: recovered over injected", median["kept tfa"], 0.93 - 3 * err, 1.02 + 3 * err)
check("the signal is better kept when it is known", median["kept tfa"] - median["magnitudes tfa"], 0.05, 1.0)

# What the verb says of single light curves with their noise agrees with that.
found = {}
for name in ("plain", "kept", "pixels"):
    for row in read(f"{name}.bins.csv"):
        if row["mag_low"] or row["stage"] not in ("magfit", "tfa"):
            continue
        err = number(row["attenuation_err"])
        key = {"plain": "magnitudes", "kept": "kept", "pixels": "pixels"}[name] + " " + row["stage"]
        expected = median.get(key, median["magnitudes tfa" if row["stage"] == "tfa" else "magnitudes magfit"])
        check(f"recovery {name}, {row['stage']}: attenuation", number(row["attenuation"]), expected - 4 * err, expected + 4 * err)
        # 20 mmag, a quarter of 60 points, 2 to 8 mmag each: S/N of 9 or more but for the faintest. A TFA
        # that does not know the signal leaves half of it, so that most fall below the limit of 7.
        complete = number(row["completeness"])
        if row["stage"] == "tfa" and name != "kept":
            check(f"recovery {name}, tfa: completeness", complete, 0.0, found[name])
        else:
            check(f"recovery {name}, {row['stage']}: completeness", complete, 0.5, 1.0)
            found[name] = complete
        check(f"recovery {name}, {row['stage']}: error of the median", err, 1e-4, 0.05)
sys.exit(1 if faults else 0)
END
echo "passed: what is injected is found, and known signals survive"
