# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
"""One piece of work by numpy, ccdproc, sep or photutils, in the folder of the frames: peers.py WORK FWHM RADIUS,… THRESHOLD"""
import sys

import numpy as np
from astropy.io import fits

work, fwhm, radii = sys.argv[1], float(sys.argv[2]), [float(r) for r in sys.argv[3].split(",")]
threshold = float(sys.argv[4])


def plane(name):
    return np.ascontiguousarray(fits.getdata(name).astype(np.float32))


image = None if work.endswith("calibrate") else plane("frame.fits")
inner, outer = 4 * fwhm, 7 * fwhm


def places():
    return np.loadtxt("stars.txt", usecols=(1, 2)).T


def save(name, x, y):
    np.column_stack((x, y)).astype(float).tofile(name)


if work == "read-sep":
    import sep
elif work == "read-photutils":
    from photutils.detection import DAOStarFinder
elif work == "sep-detect":
    import sep

    sep.set_extract_pixstack(3_000_000)
    back = sep.Background(image, bw=64, bh=64)
    flat = image - back.back()
    found = sep.extract(flat, threshold, err=back.globalrms, minarea=5)
    x, y, _ = sep.winpos(flat, found["x"], found["y"], np.full(len(found), fwhm / 2.3548))
    save("sep.bin", x, y)
elif work == "sep-measure":
    import sep

    x, y = places()
    for r in radii:
        sep.sum_circle(image, x, y, r, bkgann=(inner, outer), subpix=0)
elif work == "photutils-detect":
    from photutils.detection import DAOStarFinder

    median = np.median(image)
    scatter = 1.4826 * np.median(np.abs(image - median))
    found = DAOStarFinder(threshold=threshold * scatter, fwhm=fwhm)(image - median)
    save("photutils.bin", found["xcentroid"], found["ycentroid"])
elif work == "photutils-measure":
    from photutils.aperture import ApertureStats, CircularAnnulus, CircularAperture, aperture_photometry

    at = np.transpose(places())
    sky = ApertureStats(image, CircularAnnulus(at, inner, outer)).median
    table = aperture_photometry(image, [CircularAperture(at, r) for r in radii], method="exact")
    for k, r in enumerate(radii):
        table[f"aperture_sum_{k}"] - sky * np.pi * r * r
elif work == "numpy-calibrate":
    gain, noise = np.float32(1.5), np.float32(6.0)
    flat = plane("flat.fits")
    scale = np.float32(fits.getval("light_0.fits", "EXPTIME") / fits.getval("dark.fits", "EXPTIME"))
    level = plane("light_0.fits") - plane("bias.fits")
    signal = gain * (level - scale * plane("dark.fits")) / flat
    masters = gain * gain * np.float32(1.0 + scale * scale)
    of_flat = np.float32(2e-3) * signal
    variance = (gain * np.maximum(level, 0) + noise * noise + masters + of_flat * of_flat) / (flat * flat)
elif work == "ccdproc-calibrate":
    import ccdproc
    from astropy import units as u
    from astropy.nddata import CCDData, StdDevUncertainty

    def master(name, error, unit):
        value = plane(name)
        return CCDData(value, uncertainty=StdDevUncertainty(np.full_like(value, error)), unit=unit)

    exposures = [fits.getval(name, "EXPTIME") * u.s for name in ("dark.fits", "light_0.fits")]
    raw = CCDData(plane("light_0.fits"), unit=u.adu)
    raw = ccdproc.create_deviation(raw, gain=1.5 * u.electron / u.adu, readnoise=6 * u.electron)
    raw = ccdproc.subtract_bias(raw, master("bias.fits", 1.0, u.adu))
    raw = ccdproc.subtract_dark(raw, master("dark.fits", 1.0, u.adu), dark_exposure=exposures[0],
                                data_exposure=exposures[1], scale=True)
    raw = ccdproc.gain_correct(raw, 1.5 * u.electron / u.adu)
    ccdproc.flat_correct(raw, master("flat.fits", 2e-3, u.dimensionless_unscaled))
else:
    sys.exit(f"unknown work {work}")
