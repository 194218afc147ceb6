#!/usr/bin/env bash
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# labels: realdata
# timeout: 300
# Headers of five real cameras: what init proposes and check understands, and masters of real frames.
. "$(dirname "$0")/../support/workflow.sh"
data=${SKYWEFT_DATA:-$source/../shared/data}
[ -d "$data/ngts" ] || skip "real data absent: $data (set SKYWEFT_DATA)"

# --- NGTS: tile-compressed, type in IMGTYPE, overscan and trim sections
expect_exit 0 "$skyweft" init "$data/ngts" -o ngts.toml --catalog "$data/ngts/catalog_tycho2.csv"
expect_line 'found: BIASSEC = \[2070:2088,4:2048\]' ngts.toml
expect_line '^flat = false' ngts.toml
"$skyweft" check ngts.toml --list --set masters.min_frames=1 >"$work/out" 2>"$work/err"
expect_line 'observeField_.*light .*10 s  2048x2045'
expect_line 'biasFrames_.*bias .*2048x2045'
expect_line 'ok +master dark_[a-z]+_10s_[0-9]{8} from 1 frames'

# --- HD 189733: six bias frames, eight twilight flats, fourteen lights
expect_exit 0 "$skyweft" init "$data/hd189733" -o hd.toml --catalog "$data/hd189733/catalog_tycho2.csv"
"$skyweft" check hd.toml --list >"$work/out" 2>"$work/err"
expect_line 'ok +6 bias frames'
expect_line 'ok +8 flat frames'
expect_line 'ok +14 light frames'
expect_line 'ok +master flat_.* from 8 frames'

# --- Huntsman: the type is not in IMAGETYP; an expression over exposure and file name tells it
expect_exit 0 "$skyweft" init "$data/huntsman/raw" -o huntsman.toml --catalog "$data/huntsman/refcat.csv"
python3 - <<'END'
text = open("huntsman.toml").read()
head, tail = text.split("[camera.", 1)
name, rest = tail.split("]", 1)
keys = "if(EXPTIME < 1e-3, 'bias', if(contains(FILENAME, 'flat'), 'flat', IMAGETYP))"
open("huntsman.toml", "w").write(f'{head}[camera.{name}]\ntype_keys = ["{keys}"]\n{rest}')
END
"$skyweft" check huntsman.toml --list --set masters.min_frames=1 >"$work/out" 2>"$work/err"
expect_line 'bias_0.fits  bias '
expect_line 'dark_0.fits  dark .*300 s'
expect_line 'flat_0.fits  flat .*g_band'
expect_line 'science_0.fits  light .*1\.14474 e-/ADU'

# --- PANOPTES: a mosaic, one green channel of it; a file without a header is named, not guessed
mkdir panoptes && cp "$data"/panoptes/*.fits panoptes/ && chmod u+w panoptes/*
expect_exit 0 "$skyweft" init panoptes -o panoptes.toml --catalog "$data/panoptes/catalog_tycho2.csv"
sed -i '/^\[camera\.[a-z0-9]*\]/a channels = ["G1: x=1 y=0 step=2"]' panoptes.toml
"$skyweft" check panoptes.toml --list >"$work/out" 2>"$work/err"
expect_line 'rotation.fits\[G1\]  light .*100x100'
expect_line 'noheader.fits.*set aside: .*no usable exposure time|noheader.fits.*set aside: .*no time'

# --- SkyCamZ: already calibrated, OBSTYPE, scaled integers
expect_exit 0 "$skyweft" init "$data/skycamz" -o skycamz.toml --catalog "$data/skycamz/catalog_tycho2.csv"
"$skyweft" check skycamz.toml --list >"$work/out" 2>"$work/err"
expect_line 'ok +6 light frames'
expect_line '^bias = false' skycamz.toml
echo passed
