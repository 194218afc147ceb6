# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
"""One piece of work by sep or photutils, in the folder of the frames: peers.py WORK FWHM RADIUS,…"""
import sys

import numpy as np
from astropy.io import fits

work, fwhm, radii = sys.argv[1], float(sys.argv[2]), [float(r) for r in sys.argv[3].split(",")]
image = np.ascontiguousarray(fits.getdata("frame.fits").astype(np.float32))
inner, outer = 4 * fwhm, 7 * fwhm


def places():
    return np.loadtxt("stars.txt", usecols=(1, 2)).T


if work == "sep-detect":
    import sep

    sep.set_extract_pixstack(3_000_000)
    back = sep.Background(image, bw=64, bh=64)
    flat = image - back.back()
    found = sep.extract(flat, 1.5, err=back.globalrms, minarea=5)
    sep.winpos(flat, found["x"], found["y"], np.full(len(found), fwhm / 2.3548))
elif work == "sep-measure":
    import sep

    x, y = places()
    for r in radii:
        sep.sum_circle(image, x, y, r, bkgann=(inner, outer), subpix=0)
elif work == "photutils-detect":
    from photutils.detection import DAOStarFinder

    median = np.median(image)
    scatter = 1.4826 * np.median(np.abs(image - median))
    DAOStarFinder(threshold=5 * scatter, fwhm=fwhm)(image - median)
elif work == "photutils-measure":
    from photutils.aperture import ApertureStats, CircularAnnulus, CircularAperture, aperture_photometry

    at = np.transpose(places())
    sky = ApertureStats(image, CircularAnnulus(at, inner, outer)).median
    table = aperture_photometry(image, [CircularAperture(at, r) for r in radii], method="exact")
    for k, r in enumerate(radii):
        table[f"aperture_sum_{k}"] - sky * np.pi * r * r
else:
    sys.exit(f"unknown work {work}")
