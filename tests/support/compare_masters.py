#!/usr/bin/env python3
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
"""Compares a master frame with the simulator's truth, without any package.

Usage: compare_masters.py MASTER.fits truth/detector.fits BIAS|DARK|FLAT [SCALE [OFFSET [GAIN_RATIO [BIAS.fits]]]]
Prints `rms_pull VALUE` and `rms_relative VALUE`. Truth is SCALE x plane + OFFSET; GAIN_RATIO divides
the right half (the second amplifier). Unusable pixels are left out; their share is `masked VALUE`.
A master dark's errors are without those of the bias it was made with: given that master bias, the sum
of both is compared.
"""
import struct
import sys

BLOCK = 2880
UNUSABLE = 0x8CBF  # the bits of mask::unusable


def planes(path):
    """The image planes of a plain FITS file by EXTNAME: (nx, ny, numbers)."""
    with open(path, "rb") as f:
        data = f.read()
    found, at = {}, 0
    while at < len(data):
        cards = {}
        while True:
            block = data[at : at + BLOCK]
            at += BLOCK
            texts = [block[i : i + 80].decode("ascii") for i in range(0, BLOCK, 80)]
            for text in texts:
                if text[8:10] == "= ":
                    value = text[10:]
                    value = value.split("'")[1] if value.lstrip().startswith("'") else value.split("/")[0]
                    cards.setdefault(text[:8].strip(), value.strip())
            if any(text.rstrip() == "END" for text in texts):
                break
        n_axis = int(cards.get("NAXIS", 0))
        if n_axis < 2:
            continue
        nx, ny, bits = int(cards["NAXIS1"]), int(cards["NAXIS2"]), int(cards["BITPIX"])
        code = {-32: "f", 16: "h", 32: "i"}[bits]
        size = nx * ny * abs(bits) // 8
        zero = float(cards.get("BZERO", 0))
        numbers = struct.unpack(f">{nx * ny}{code}", data[at : at + size])
        found[cards.get("EXTNAME", "")] = (nx, ny, [v + zero for v in numbers] if zero else numbers)
        at += -(-size // BLOCK) * BLOCK
    return found


def main():
    master, truth = planes(sys.argv[1]), planes(sys.argv[2])
    given = [float(a) for a in sys.argv[4:7]]
    scale, offset, ratio = given + [1.0, 0.0, 1.0][len(given) :]
    nx, ny, value = master["VALUE"]
    error, mask, plane = master["ERROR"][2], master["MASK"][2], truth[sys.argv[3]][2]
    truth_values = [
        (scale * plane[i] + offset) / (ratio if i % nx >= nx // 2 else 1.0) for i in range(nx * ny)
    ]
    if len(sys.argv) > 7:
        bias = planes(sys.argv[7])["VALUE"][2]
        value = [v + b for v, b in zip(value, bias)]
        truth_values = [t + b - 1000.0 for t, b in zip(truth_values, truth["BIAS"][2])]
    if sys.argv[3] == "FLAT":  # the master's median over the central quarter of the area is 1
        centre = sorted(
            truth_values[y * nx + x]
            for y in range(ny // 4, ny - ny // 4)
            for x in range(nx // 4, nx - nx // 4)
        )
        truth_values = [v / centre[len(centre) // 2] for v in truth_values]
    used = [i for i in range(nx * ny) if not int(mask[i]) & UNUSABLE]
    pulls = sum(((value[i] - truth_values[i]) / error[i]) ** 2 for i in used)
    relative = sum((value[i] / truth_values[i] - 1.0) ** 2 for i in used if truth_values[i])
    print(f"rms_pull {(pulls / len(used)) ** 0.5:.5f}")
    print(f"rms_relative {(relative / len(used)) ** 0.5:.7f}")
    print(f"masked {1.0 - len(used) / (nx * ny):.6f}")


if __name__ == "__main__":
    main()
