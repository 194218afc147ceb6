#!/usr/bin/env python3
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
"""Cuts a window out of a raw frame of the simulator and says in its header where it was.

Usage: cut_window.py SOURCE TARGET X0 Y0 NX NY BASE
WINX and WINY are the origin counted from BASE (0 or 1).
"""
import struct
import sys

sys.dont_write_bytecode = True
import fits_files  # noqa: E402  (beside this file)


def main():
    source, target = sys.argv[1:3]
    x0, y0, nx, ny, base = map(int, sys.argv[3:8])
    cards, start, data = fits_files.read(source)
    width, _, pixels = fits_files.pixels_of(cards, start, data)
    cut = [pixels[(y0 + y) * width + x0 + x] for y in range(ny) for x in range(nx)]
    cards = fits_files.with_value(cards, "NAXIS1", str(nx))
    cards = fits_files.with_value(cards, "NAXIS2", str(ny))
    cards += [f"{key:8}= {value:>20}".ljust(80) for key, value in (("WINX", x0 + base), ("WINY", y0 + base))]
    fits_files.write(target, cards, struct.pack(f">{nx * ny}h", *cut))


if __name__ == "__main__":
    main()
