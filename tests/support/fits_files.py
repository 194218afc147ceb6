#!/usr/bin/env python3
# SPDX-FileCopyrightText: skyweft developers
# SPDX-License-Identifier: MIT
"""Damages FITS images of the simulator (16 bits, one image, no extension).

Usage: fits_files.py KIND SOURCE TARGET
KIND  truncated:SHARE   the first SHARE of the file
      header            the header alone
      constant          every pixel has one value
      nan | nan:N       floating point, with all or with N pixels NaN
      size:NX,NY        the lower left NX x NY pixels
      noise             level and noise of the frame, no stars
      without:KEY       one keyword is missing
      at:UTC            another DATE-OBS
      text              no FITS file at all
"""
import random
import statistics
import struct
import sys

BLOCK = 2880


def read(path):
    with open(path, "rb") as f:
        data = f.read()
    cards = []
    for at in range(0, len(data), 80):
        card = data[at : at + 80].decode("ascii")
        if card.rstrip() == "END":
            break
        cards.append(card)
    start = (at // BLOCK + 1) * BLOCK
    return cards, start, data


def value(cards, key):
    for card in cards:
        if card[:8].rstrip() == key:
            return card[10:].split("/")[0].strip().strip("'").strip()
    raise KeyError(key)


def with_value(cards, key, text):
    return [f"{key:8}= {text:>20}".ljust(80) if c[:8].rstrip() == key else c for c in cards]


def write(path, cards, pixels):
    # Checksums of the original would not fit any more.
    cards = [c for c in cards if c[:8].rstrip() not in ("CHECKSUM", "DATASUM")] + ["END".ljust(80)]
    head = "".join(cards).encode("ascii")
    with open(path, "wb") as f:
        f.write(head.ljust(-(-len(head) // BLOCK) * BLOCK, b" "))
        f.write(pixels.ljust(-(-len(pixels) // BLOCK) * BLOCK, b"\0"))


def pixels_of(cards, start, data):
    nx, ny = int(value(cards, "NAXIS1")), int(value(cards, "NAXIS2"))
    return nx, ny, struct.unpack(f">{nx * ny}h", data[start : start + 2 * nx * ny])


def main():
    kind, source, target = sys.argv[1:4]
    kind, _, how = kind.partition(":")
    cards, start, data = read(source)
    nx, ny, raw = pixels_of(cards, start, data)
    if kind in ("truncated", "header", "text"):
        end = {"truncated": int(len(data) * float(how or 0)), "header": start, "text": 0}[kind]
        with open(target, "wb") as f:
            f.write(data[:end] if end else b"observing log: clouds until midnight\n" * 200)
    elif kind == "nan":
        bad = range(nx * ny) if how == "" else random.Random(1).sample(range(nx * ny), int(how))
        values = [v + 32768.0 for v in raw]
        for i in bad:
            values[i] = float("nan")
        cards = with_value(with_value(cards, "BITPIX", "-32"), "BZERO", "0")
        write(target, cards, struct.pack(f">{nx * ny}f", *values))
    elif kind == "size":
        mx, my = map(int, how.split(","))
        cut = [v for y in range(my) for v in raw[y * nx : y * nx + mx]]
        cards = with_value(with_value(cards, "NAXIS1", str(mx)), "NAXIS2", str(my))
        write(target, cards, struct.pack(f">{mx * my}h", *cut))
    elif kind in ("constant", "noise"):
        level = statistics.median(raw)
        sigma = 1.4826 * statistics.median(abs(v - level) for v in raw) if kind == "noise" else 0.0
        draw = random.Random(2)
        values = [round(draw.gauss(level, sigma)) for _ in raw]
        write(target, cards, struct.pack(f">{nx * ny}h", *values))
    elif kind == "without":
        write(target, [c for c in cards if c[:8].rstrip() != how], data[start : start + 2 * nx * ny])
    elif kind == "at":
        write(target, with_value(cards, "DATE-OBS", f"'{how}'"), data[start : start + 2 * nx * ny])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
