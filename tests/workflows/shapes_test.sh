#!/usr/bin/env bash
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
# labels: mpi
# timeout: 600
# Star shapes in a run: every model, PSF fluxes beside apertures, extra columns, one map for several frames; the same
# bytes on any number of ranks.
. "$(dirname "$0")/../support/workflow.sh"

simulate_night night n_frames=6 n_stars=100
catalog=night/catalog.csv
extra='phot.extra=["psf_chi2","psf_qfit","coverage","peak_e","noise_source_e","noise_total_e"]'
run() { expect_exit 0 skyweft_on "$1" run night/night.toml --set run.batch_frames=3 --archive "$2" "${@:3}"; }

run 1 bicubic --set shape.model=bicubic --set phot.weighting=psf --set "$extra"
expect_line 'frames: 6 measured, 0 set aside' "$work/err"
for ranks in 3; do
  run $ranks bicubic$ranks --set shape.model=bicubic --set phot.weighting=psf --set "$extra"
  same_science bicubic bicubic$ranks
done

# What frames and points say of the fit: converged, chi squared about 1, and of the errors: the budget and the quoted
# error of the middle aperture are two ways to one number. A pixel's variance is its own photon noise, so their
# ratio scatters by the noise of that, below 5 % for stars brighter than S/N 20.
expect_exit 0 "$skyweft" export frames bicubic --format csv -o frames.csv
python3 - <<'PY' || fail "the fits are not what they should be"
import csv, statistics
rows = list(csv.DictReader(open("frames.csv")))
assert len(rows) == 6
for r in rows:
    assert r["psf_model"] == "bicubic" and int(r["psf_n_star"]) > 30, r
    assert abs(float(r["psf_fwhm_px"]) / float(r["fwhm_px"]) - 1) < 0.25, r  # moments against a matched width
    # Each of thousands of pixels: 1 within a few per cent when shape and variance are right.
    assert 0.9 < float(r["psf_chi2"]) < 1.2, r["psf_chi2"]
    assert 0.5 < float(r["transparency"]) < 1.2 and int(r["n_zero_point"]) >= 10
PY
python=python3
[ ! -x /usr/bin/python3 ] || python=/usr/bin/python3  # the distribution's, which has its h5py
$python -c 'import h5py, numpy' 2>/dev/null || { echo "h5py is not installed: points are not looked at"; H5=no; }
[ "${H5:-yes}" = no ] || $python - <<'PY' || fail "the extra columns are not what they should be"
import glob, h5py, numpy as np
f = h5py.File(glob.glob("bicubic/lightcurves/raw-*.h5")[0])
raw = f["raw"]
radius = f["aperture_radius_px"][:]
assert radius[-1] == 0.0
middle = (len(radius) - 2) // 2
err, flux, total = raw["flux_err_e"][:, :, middle], raw["flux_e"][:, :, middle], raw["noise_total_e"][:]
good = np.isfinite(total) & (flux > 20 * err) & (raw["quality"][:] == 0)
ratio = np.median(err[good] / total[good])
assert good.sum() > 50 and 0.95 < ratio < 1.05, (good.sum(), ratio)
assert np.nanmedian(raw["coverage"][:][good]) == 1.0
chi2 = raw["psf_chi2"][:][good]
assert 0.85 < np.median(chi2) < 1.15, np.median(chi2)
# The PSF flux is all of the light; an aperture of 2.8 FWHM holds nearly all of it.
largest = raw["flux_e"][:, :, len(radius) - 2]
share = np.nanmedian((largest / raw["flux_e"][:, :, -1])[good & (flux > 100 * err)])
assert 0.9 < share < 1.05, share
PY

# The PSF fit is as good as the best aperture: scatter against truth-free noise, medians of the fainter half.
expect_exit 0 "$skyweft" export stars bicubic --format csv -o stars.csv
python3 - <<'PY' || fail "no star is measured by its PSF"
import csv
rows = [r for r in csv.DictReader(open("stars.csv")) if r["scatter_magfit"]]
assert len(rows) > 60
PY

for model in gaussian moffat empirical; do
  run 2 $model --set shape.model=$model --set 'shape.terms=O1{u,v}' --set report.enabled=false
  expect_exit 0 "$skyweft" export frames $model --format csv -o $model.csv
  name=$model; [ $model != empirical ] || name=prf
  [ "$(csv_column psf_model $model.csv | sort -u)" = $name ] || fail "$model: $(csv_column psf_model $model.csv | sort | uniq -c)"
done

# One map from three frames, used by a run; it must exist, and be of the right kind.
expect_exit 0 "$skyweft" psf night/light/light_0000[0-2].fits --catalog $catalog -o map.h5
expect_line '^3 frame\(s\), [0-9]+ stars, .* converged' "$work/out"
run 2 mapped --set shape.map="$PWD/map.h5" --set report.enabled=false
expect_exit 0 "$skyweft" export frames mapped --format csv -o mapped.csv
[ "$(csv_column psf_model mapped.csv | sort -u)" = bicubic ] || fail "the map was not used"
expect_exit 3 "$skyweft" run night/night.toml --archive refused --set shape.subpixel_map=nowhere.fits
expect_line 'subpixel_map' "$work/err"

# Apertures in FWHM of the night and of each frame, every background, re-centring, S, D, K in EPD.
run 2 widths --set 'phot.radii_fwhm=[0.8,1.5,2.5]' --set phot.background=plane \
  --set recentre.mode=bright --set 'epd.terms=O1{x,y,s,d,k}' --set report.enabled=false
expect_exit 0 "$skyweft" export frames widths --format csv -o widths.csv
python3 - <<'PY' || fail "re-centring found no shift, or a large one"
import csv
for r in csv.DictReader(open("widths.csv")):
    assert abs(float(r["shift_x_px"])) < 0.05 and abs(float(r["shift_y_px"])) < 0.05, r
PY
run 2 mode --set phot.background=mode --set 'phot.radii_arcsec=[6,9]' --set report.enabled=false
expect_exit 3 "$skyweft" run night/night.toml --archive refused --set 'phot.radii_fwhm=[1]' --set 'phot.radii_arcsec=[5]'
echo "passed: shapes in a run"
