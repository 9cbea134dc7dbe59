/// Builds the initrd: a small systemd that finds the root disk and hands over to it.
/// It finds the root by its discoverable partition type (when a boot loader or stub says which disk it came from) or by
/// `root=`; under dm-verity where the tree has systemd-veritysetup.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/reporter.h"
#include "sys/root_dir.h"

namespace keelson::initrd {

/// Goes up whenever the same tree and options give another initrd than before: part of the name under which one is
/// kept.
inline constexpr std::string_view kContentsVersion = "4";

struct InitrdOptions {
  std::string kernel_release;              ///< "6.12.117+deb13-cloud-amd64"; one of find_kernels()
  std::int64_t epoch = 0;                  ///< every time stamp in the archive, seconds since 1970
  std::string architecture;                ///< Debian's name: "amd64" or "arm64"
  int zstd_level = 3;                      ///< 1 to 19
  std::vector<std::string> extra_modules;  ///< by name; one that the kernel does not have is an error
  bool verity = false;                     ///< what opens dm-verity devices must be there; else it is taken if it is
};

/// The releases of the kernels in the tree: those with modules and a vmlinuz, oldest version first.
std::vector<std::string> find_kernels(const RootDir& root);

/// The tree's own settings of kernel modules (/etc/modprobe.d), content by path. The initrd holds them: a module that
/// it loads gets its options there or never.
std::map<std::string, std::string> module_settings(const RootDir& root);

/// Builds an initrd from an unpacked OS tree, which need not be configured. Returns a zstd-compressed cpio archive.
/// The same tree and options give the same bytes. Warns of nothing that a normal tree lacks.
/// @throws Error(NotFound) naming what the tree lacks; Error(BadInput) for damaged programs or modules.
Bytes build_initrd(const RootDir& root, const InitrdOptions& options, Reporter& reporter);

/// Adds files to an initrd that is made, by a second archive behind the first, which the kernel unpacks over it.
/// @param files content by path, without leading slash; they belong to root and are readable by all.
void append_files(Bytes& initrd, const std::map<std::string, std::string>& files, std::int64_t epoch);

}  // namespace keelson::initrd
