#!/usr/bin/env python3
"""Packs a disk that is mostly zeros for the corpus of a file system's fuzz target (file_system_walk.h).

    pack_disk.py IMAGE PACKED [MOST_SECTORS]    sectors beyond the most are left out, from the end
"""
import struct
import sys

image = open(sys.argv[1], "rb").read()
most = int(sys.argv[3]) if len(sys.argv) > 3 else 1 << 30
sectors = [image[at:at + 512] for at in range(0, len(image), 512)]
filled = [i for i, sector in enumerate(sectors) if sector.strip(b"\0")][:most]
runs = []
for i in filled:
    if runs and runs[-1][0] + runs[-1][1] == i and runs[-1][1] < 65535:
        runs[-1][1] += 1
    else:
        runs.append([i, 1])
packed = struct.pack("<I", len(sectors))
for first, count in runs:
    packed += struct.pack("<IH", first, count) + b"".join(sectors[first:first + count])
open(sys.argv[2], "wb").write(packed)
