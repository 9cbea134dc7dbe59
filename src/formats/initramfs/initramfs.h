/// An initrd's parts and the entries in them.
/// Source: Linux 6.12, init/initramfs.c and Documentation/driver-api/early-userspace/buffer-format.rst.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/sha256.h"
#include "base/units.h"
#include "formats/initramfs/decompress.h"

namespace keelson::initramfs {

/// One archive that stands there as it is, or one compressed stream with whatever archives are in it.
struct Part {
  Compression compression = Compression::None;
  ByteCount size;      ///< in the initrd
  ByteCount unpacked;  ///< the same as `size` without compression
  std::size_t entries = 0;
  bool is_microcode = false;  ///< early: read before anything is unpacked
};

struct Entry {
  std::string path;  ///< as it stands there, any bytes: "usr/bin/mount"
  std::uint32_t mode = 0;
  ByteCount size;
  Sha256 digest;  ///< of a file's bytes or a symlink's target
};

struct Initramfs {
  std::vector<Part> parts;
  std::vector<Entry> entries;  ///< in their order: of two with one path the kernel keeps the later
  std::string trouble;         ///< why the rest is not told; "": all of it is
};

/// What no initrd that boots goes beyond.
struct Limits {
  ByteCount unpacked = mebibytes(2048);
  std::size_t entries = 200'000;
  ByteCount names = mebibytes(32);  ///< of all paths together
  std::size_t parts = 64;
};

/// Untrusted bytes: whatever they are, it ends, and tells what could be read.
Initramfs read_initramfs(ByteView bytes, const Limits& limits = {});

}  // namespace keelson::initramfs
