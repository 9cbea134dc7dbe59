/// The menus of boot loaders: systemd-boot's entries and GRUB's grub.cfg.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "inspect/system_files.h"

namespace keelson::inspect {

struct BootEntry {
  std::string file;  ///< that it stands in: "/boot/efi/loader/entries/debian.conf", "/boot/grub/grub.cfg"
  std::string title;
  std::string version;
  std::string linux;  ///< the kernel, as the entry names it
  std::string options;
  std::vector<std::string> initrds;
  bool is_default = false;  ///< what boots when nobody chooses, as far as the files tell
};

/// Those of systemd-boot by their files' names, then GRUB's in their order; at most 64 of each.
std::vector<BootEntry> read_boot_entries(const SystemFiles& files);

nlohmann::json entries_json(const std::vector<BootEntry>& entries);

// The parts, for their own tests. Texts are untrusted.
BootEntry parse_loader_entry(std::string_view text);
std::vector<BootEntry> parse_grub_menu(std::string_view text);
/// Whether a name fits a pattern of "*" and "?", as loader.conf has it for `default`.
bool fits_pattern(std::string_view name, std::string_view pattern);

/// Where the files of boot loaders may be: mount points of the ESP and of its extension.
inline constexpr const char* kLoaderFolders[] = {"/boot/efi", "/efi", "/boot"};

}  // namespace keelson::inspect
