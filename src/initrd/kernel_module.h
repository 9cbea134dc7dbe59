/// One kernel module as a file, and what its .modinfo section says.
/// Spec: Linux 6.12 include/linux/module.h (MODULE_INFO: "key=value" strings, zero-terminated); modprobe.d(5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace keelson::initrd {

struct ModuleInfo {
  std::vector<std::string> depends;       ///< names of the modules whose symbols it uses
  std::vector<std::string> soft_depends;  ///< modules that should be loaded before it, if they are there ("pre:")
  std::vector<std::string> aliases;       ///< patterns: "virtio:d00000002v*"
  std::vector<std::string> soft_lines;    ///< each "softdep" value as it stands
};

/// A module's name is its file's name without extensions, with "_" for "-": "kernel/block/virtio-blk.ko.xz" is
/// "virtio_blk".
std::string module_name(std::string_view path);

/// The module without the compression that its file's name tells (.xz, .zst or none). What it expands to is bounded.
/// @throws Error(BadInput) if it is damaged, too large, or compressed in another way.
std::string decompress_module(std::string content, std::string_view path);

/// @throws Error(BadInput) if it is no ELF file for a 64-bit little-endian machine or has no .modinfo.
ModuleInfo parse_module_info(ByteView module, std::string_view name);

}  // namespace keelson::initrd
