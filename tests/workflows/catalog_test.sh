#!/usr/bin/env bash
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# A star store from tables to answers: import, info, query, check, and what is refused.
. "$(dirname "$0")/../support/workflow.sh"

# 40000 stars over the sky in two tables, with an order of magnitude of rows at the poles and RA 0.
python3 - <<'END'
import csv, math, random
random.seed(3)
rows = []
for i in range(1, 40001):
    ra, dec = 360 * random.random(), math.degrees(math.asin(2 * random.random() - 1))
    if i % 4 == 0: dec = 90 - 2 * random.random()
    if i % 4 == 1: ra, dec = (359 + 2 * random.random()) % 360, random.uniform(-1, 1)
    rows.append([i * 7919, f"{ra:.9f}", f"{dec:.9f}", f"{6 + 9 * random.random() ** 0.5:.4f}", f"{random.random():.3f}",
                 f"{random.gauss(0, 20):.3f}", f"{random.gauss(0, 20):.3f}"])
for name, part in (("a.csv", rows[:25000]), ("b.csv", rows[25000:] + rows[:10])):
    with open(name, "w", newline="") as f:
        w = csv.writer(f)
        w.writerow(["source_id", "ra", "dec", "phot_g_mean_mag", "bp_rp", "pmra", "pmdec"])
        w.writerows(part)
END

# import: the same bytes whatever the order of the tables and the memory.
expect_exit 0 "$skyweft" catalog import a.csv b.csv -o store --name demo
expect_line '^store: 40000 stars, epoch 2000$'
expect_line 's per million stars; 10 left out as duplicates' err
expect_exit 0 "$skyweft" catalog import b.csv a.csv -o other/ --name demo --memory-mib 64
for part in store/*.fits; do cmp "$part" "other/$(basename "$part")" >&2 || fail "the order of the tables shows in $part"; done
no_parts .
[ -z "$(find . -name '*.part.*' -o -name 'bucket-*')" ] || fail "import leaves temporary files"
expect_exit 2 "$skyweft" catalog import a.csv -o store
expect_line 'store exists already' err
expect_exit 2 "$skyweft" catalog import a.csv -o new --columns mag=phot_g_mean_mag colour
expect_line "'colour' is not KEY=NAME" err
expect_exit 4 "$skyweft" catalog import a.csv nothing.csv -o new
expect_exit 7 "$skyweft" catalog import a.csv -o no/folder/store
[ ! -e new ] && [ -z "$(find . -name 'new.part*')" ] || fail "a failed import leaves something"
expect_exit 0 "$skyweft" catalog import a.csv b.csv -o bright --faint-limit 10 --epoch 2020
n_bright=$(cat a.csv b.csv | sort -u | awk -F, '$4 + 0 > 0 && $4 <= 10' | wc -l)
expect_line "^bright: $n_bright stars, epoch 2020\$"
expect_exit 0 "$skyweft" catalog import a.csv b.csv -o one.fits
expect_line '^one\.fits: 40000 stars'

# An import that is killed leaves no store, and the next one cleans up after it.
many=()
for _ in $(seq 60); do many+=(a.csv b.csv); done
"$skyweft" catalog import "${many[@]}" -o killed >/dev/null 2>&1 &
pid=$!
until [ -n "$(find . -maxdepth 1 -name 'killed.part.*')" ] || ! kill -0 $pid 2>/dev/null; do sleep 0.02; done
kill -9 $pid
wait $pid 2>/dev/null
[ -n "$(find . -maxdepth 1 -name 'killed.part.*')" ] || fail "the import was over before it was killed"
[ ! -e killed ] || fail "a killed import leaves a store"
expect_exit 0 "$skyweft" catalog import a.csv -o killed
[ -z "$(find . -name 'killed.part*')" ] || fail "what a killed import left is still there"

# info
expect_exit 0 "$skyweft" catalog info store
expect_line '^store: 40000 stars, epoch 2000$'
expect_line 'magnitude 6\.[0-9]+ to (14\.[0-9]+|15\.000)$'
expect_line "'demo', made by skyweft [0-9.]+ of\$"
expect_line '^    a\.csv, [0-9]+ bytes, [0-9a-f]{32}$'

# query: store and single table agree, in every format; and both with a search through all rows.
for where in '--cone 0.2,0.1,0.7' '--cone 123,89.7,1' '--polygon 359.5,-0.5,0.5,-0.5,0.5,0.5,359.5,0.5' '--cone 10,-50,180'; do
  for more in '' '--faint-limit 11.5' '--epoch 2016.5' '--max-stars 100'; do
    expect_exit 0 "$skyweft" catalog query store $where $more
    expect_line '^[0-9]+ stars, epoch' err
    cp out from_store.csv
    expect_exit 0 "$skyweft" catalog query one.fits $where $more
    python3 - <<'END' || fail "catalog query $where $more"
import csv, math
a, b = (list(csv.DictReader(open(f, newline=""))) for f in ("from_store.csv", "out"))
assert len(a) == len(b) > 50, (len(a), len(b))
for x, y in zip(a, b):
    assert x["star_id"] == y["star_id"] and x["ref_epoch"] == y["ref_epoch"]
    # Motions are floats in the store: 2^-24 of 100 mas/yr over 16.5 years is 2.8e-11 degrees.
    east = (float(x["ra_deg"]) - float(y["ra_deg"]) + 180) % 360 - 180
    assert abs(east) * math.cos(math.radians(float(x["dec_deg"]))) < 3e-11
    assert abs(float(x["dec_deg"]) - float(y["dec_deg"])) < 3e-11
    assert x["mag"] == y["mag"]
END
  done
done
expect_exit 0 "$skyweft" catalog query store --cone 0.2,0.1,0.7 --faint-limit 12
cp out cone.csv
python3 - <<'END' || fail "the cone is not what a search finds"
import csv, math
rows = {}
for name in ("a.csv", "b.csv"):
    for r in csv.DictReader(open(name, newline="")): rows[int(r["source_id"])] = r
def vec(ra, dec):
    a, d = math.radians(float(ra)), math.radians(float(dec))
    return math.cos(d) * math.cos(a), math.cos(d) * math.sin(a), math.sin(d)
c = vec(0.2, 0.1)
wanted = [i for i in sorted(rows) if float(rows[i]["phot_g_mean_mag"]) <= 12
          and 2 * math.asin(math.dist(c, vec(rows[i]["ra"], rows[i]["dec"])) / 2) <= math.radians(0.7)]
found = [int(r["star_id"]) for r in csv.DictReader(open("cone.csv", newline=""))]
assert found == wanted and len(found) > 100, (len(found), len(wanted))
END
expect_exit 0 "$skyweft" catalog query store --cone 0.2,0.1,0.7 --format ecsv -o cone.ecsv
expect_exit 0 "$skyweft" catalog query store --cone 0.2,0.1,0.7 --format fits -o cone.fits --epoch 2016
expect_exit 0 "$skyweft" catalog info cone.fits
expect_line '^cone\.fits: [0-9]+ stars, epoch 2016$'
expect_exit 2 "$skyweft" catalog query store
expect_exit 2 "$skyweft" catalog query store --cone 1,2
expect_exit 2 "$skyweft" catalog query store --cone 1,x,3
expect_exit 2 "$skyweft" catalog query store --cone 1,95,3
expect_exit 2 "$skyweft" catalog query store --polygon 1,2,3,4
expect_exit 2 "$skyweft" catalog query store --cone 1,2,3 --polygon 1,2,3,4,5,6
expect_exit 4 "$skyweft" catalog query . --cone 1,2,3

# check
expect_exit 0 "$skyweft" catalog check store
expect_line '^store: 40000 stars in 1 part\(s\), all as they were written$'
cp -r store cut && truncate -s -2880 cut/stars-0000.fits
cp -r store flipped && printf '\x55' | dd of=flipped/stars-0000.fits bs=1 seek=200000 conv=notrunc 2>/dev/null
cp -r store edited && sed -i 's/"epoch_yr": 2000.0/"epoch_yr": 2016.0/' edited/manifest.json
cp -r store gone && rm gone/stars-0000.fits
for damaged in cut flipped edited gone; do
  expect_exit 8 "$skyweft" catalog check $damaged
  expect_line '^  problem  '
done
for damaged in cut edited gone; do
  expect_exit 4 "$skyweft" catalog query $damaged --cone 0,0,1
done
expect_exit 4 "$skyweft" catalog check nothing
echo "passed: a star store from tables to answers"
