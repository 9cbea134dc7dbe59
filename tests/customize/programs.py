"""UEFI programs by hand: as small as firmware and signing tools take them."""
import struct

TABLE = 0x40 + 4 + 20 + 240


def program(text=b"code", size_of_headers=0x400, more=()):
    """A 64-bit x86 program with room for further section headers; `more` are sections behind its own: name, bytes."""
    headers = bytearray(size_of_headers)
    headers[:2] = b"MZ"
    struct.pack_into("<I", headers, 0x3C, 0x40)
    headers[0x40:0x44] = b"PE\0\0"
    sections = [(b".text", text), (b".sbat", b"sbat,1"), *((name.encode(), content) for name, content in more)]
    struct.pack_into("<HH12xHH", headers, 0x44, 0x8664, len(sections), 240, 0x22E)
    optional = 0x58
    struct.pack_into("<H", headers, optional, 0x20B)
    struct.pack_into("<II", headers, optional + 16, 0x1000, 0x1000)  # entry point, base of code
    struct.pack_into("<II", headers, optional + 32, 0x1000, 0x200)
    struct.pack_into("<II", headers, optional + 56, 0x1000 * (len(sections) + 1), size_of_headers)
    struct.pack_into("<H", headers, optional + 68, 10)
    struct.pack_into("<I", headers, optional + 108, 16)
    body = b""
    for number, (name, content) in enumerate(sections):
        raw = content.ljust(-(-len(content) // 0x200) * 0x200, b"\0")
        struct.pack_into("<8sIIII12xI", headers, TABLE + 40 * number, name, max(len(content), 0x10) if number < 2 else len(content),
                         0x1000 * (number + 1), len(raw), size_of_headers + len(body),
                         0x60000020 if name == b".text" else 0x40000040)
        body += raw
    return bytes(headers) + body


def section(image, name):
    """What a section of a program holds; None when it has none."""
    start = struct.unpack_from("<I", image, 0x3C)[0]
    count, optional = struct.unpack_from("<H", image, start + 6)[0], struct.unpack_from("<H", image, start + 20)[0]
    for number in range(count):
        found, size, _, raw_size, offset = struct.unpack_from("<8sIIII", image, start + 24 + optional + 40 * number)
        if found.rstrip(b"\0") == name.encode():
            return image[offset:offset + min(size, raw_size)]
    return None
