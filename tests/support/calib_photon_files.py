#!/usr/bin/env python3
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
"""Writes bias, dark and flat frames of a detector whose properties are known.

Usage: calib_photon_files.py FOLDER
4 bias frames, pairs of flats at six exposure times, 3 darks of 100 s; 256 x 256 px of 16 bits.
Gain 1.7 e-/ADU, read noise 6.2 e-, bias 1000 ADU with structure, dark 0.2 e-/s, response
true = a (1 + 2e-7 a), 1 % differences between pixels, a hot pixel at x 10, y 20 (50 ADU/s), a dead
one at x 30, y 40 (a tenth of the light), an unstable one at x 50, y 60 (40 times the read noise).
The second dark has a cosmic ray at x 70, y 80 (9000 ADU), which is no bad pixel.
"""
import array
import math
import random
import sys

SIDE = 256
GAIN, READ, BIAS, DARK, C0 = 1.7, 6.2, 1000.0, 0.2, 2e-7
TIMES = (0.5, 1.5, 4.0, 8.0, 14.0, 20.0)
LAMP_E_S = 2500.0


def card(key, value):
    text = f"'{value:8}'" if isinstance(value, str) else ("T" if value is True else str(value))
    text = text.ljust(20) if isinstance(value, str) else text.rjust(20)
    return f"{key:8}= {text}".ljust(80)


def write(path, kind, exposure, number, pixels):
    cards = [
        card("SIMPLE", True), card("BITPIX", 16), card("NAXIS", 2), card("NAXIS1", SIDE),
        card("NAXIS2", SIDE), card("BZERO", 32768), card("BSCALE", 1), card("IMAGETYP", kind),
        card("EXPTIME", float(exposure)), card("FILTER", "V" if kind == "flat" else ""),
        card("DATE-OBS", f"2024-03-01T{20 + number // 60:02d}:{number % 60:02d}:00"),
        card("CCD-TEMP", -20.0), "END".ljust(80),
    ]
    raw = array.array("h", (min(max(round(v), 0), 65535) - 32768 for v in pixels))
    if sys.byteorder == "little":
        raw.byteswap()
    with open(path, "wb") as f:
        f.write("".join(cards).encode("ascii").ljust(2880, b" "))
        f.write(raw.tobytes().ljust(-(-2 * len(raw) // 2880) * 2880, b"\0"))


def main():
    folder = sys.argv[1]
    draw = random.Random(20240301)
    gauss = draw.gauss
    n = SIDE * SIDE
    hot, dead, unstable = 20 * SIDE + 10, 40 * SIDE + 30, 60 * SIDE + 50
    response = [1.0 + gauss(0.0, 0.01) for _ in range(n)]
    response[dead] = 0.1
    structure = [BIAS + gauss(0.0, 2.0) for _ in range(n)]

    def frame(lamp_e, dark_e, hot_adu):
        out = []
        for i in range(n):
            e = lamp_e * response[i] + dark_e
            true = (e + math.sqrt(e) * gauss(0.0, 1.0)) / GAIN
            read = READ / GAIN * gauss(0.0, 1.0)
            # The level read for a true one, exact to (2e-7 a)^3 of it.
            x = C0 * true
            out.append(structure[i] + true * (1.0 - x + 2.0 * x * x) + read)
        out[hot] += hot_adu
        out[unstable] += 40.0 * READ / GAIN * gauss(0.0, 1.0)
        return out

    number = 0
    for k in range(4):
        write(f"{folder}/bias_{k}.fits", "bias", 0, number, frame(0.0, 0.0, 0.0))
        number += 1
    for t in TIMES:
        for k in range(2):
            pixels = frame(LAMP_E_S * t, DARK * t, 50.0 * t)
            write(f"{folder}/flat_{t:g}_{k}.fits", "flat", t, number, pixels)
            number += 1
    for k in range(3):
        pixels = frame(0.0, 100 * DARK, 5000.0)
        if k == 1:
            pixels[80 * SIDE + 70] += 9000.0
        write(f"{folder}/dark_{k}.fits", "dark", 100, number, pixels)
        number += 1


main()
