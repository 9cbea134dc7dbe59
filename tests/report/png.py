"""Pixels of a PNG file as browsers write screenshots: 8 bits of red, green and blue, perhaps alpha, not interlaced.
Source: PNG specification, third edition, 9.2 (filters) and 11.2."""
import struct
import zlib


def rows(data):
    """(width, bytes of a pixel, rows of bytes)."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        raise ValueError("no PNG")
    at, packed = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    if depth != 8 or colour not in (2, 6) or interlaced:
        raise ValueError("a PNG of another kind")
    size = 3 if colour == 2 else 4
    raw, line = zlib.decompress(packed), width * size
    found, before = [], bytearray(line)
    for y in range(height):
        start = y * (line + 1)
        before = unfiltered(raw[start], bytearray(raw[start + 1:start + 1 + line]), before, size)
        found.append(before)
    return width, size, found


def unfiltered(kind, row, above, size):
    if kind == 1:
        for i in range(size, len(row)):
            row[i] = (row[i] + row[i - size]) & 255
    elif kind == 2:
        for i in range(len(row)):
            row[i] = (row[i] + above[i]) & 255
    elif kind == 3:
        for i in range(len(row)):
            row[i] = (row[i] + ((row[i - size] if i >= size else 0) + above[i]) // 2) & 255
    elif kind == 4:
        for i in range(len(row)):
            left, corner = (row[i - size], above[i - size]) if i >= size else (0, 0)
            guess = left + above[i] - corner
            a, b, c = abs(guess - left), abs(guess - above[i]), abs(guess - corner)
            row[i] = (row[i] + (left if a <= b and a <= c else above[i] if b <= c else corner)) & 255
    return row


def colours(data):
    """{(red, green, blue): how many pixels}."""
    _, size, lines = rows(data)
    counts = {}
    for line in lines:
        for i in range(0, len(line), size):
            colour = bytes(line[i:i + 3])
            counts[colour] = counts.get(colour, 0) + 1
    return {tuple(colour): count for colour, count in counts.items()}
