/// The parts of read_recipe(), one file each. Each fills its part of the recipe and reports what breaks the rules
/// between keys (docs/reference/recipe.md) on the line where it stands.
#pragma once

#include "recipe/read.h"
#include "recipe/recipe.h"
#include "recipe/view.h"

namespace keelson::recipe {

Distribution read_distribution(const View& distribution, const Reading& reading);
Os read_os(const View& os, const Reading& reading);
/// A new disk's layout, if the recipe has one. @param root the whole recipe: some rules ask for distribution.
std::optional<Storage> read_storage(const View& root, const Reading& reading);
/// What the recipe asks of the base image's own layout.
BaseLayout read_base_layout(const View& storage);
std::vector<Verity> read_verity(const View& list);
IdentifiedPartition read_identified_partition(const View& view);
MountIdType mount_id_type(const View& word);

/// Rules of `storage` that hold once it is read. @param view `storage`.
/// @param fits a disk without a size is as small as its content (recipes with a distribution).
void check_layout(const Disk& disk, const View& disk_view, bool fits, const Reading& reading);
void check_ids(const View& storage, const Reading& reading);
void check_filesystems(const Storage& storage, const View& view, const Reading& reading);
void check_boot_partitions(const Storage& storage, const View& view, const Reading& reading);
void check_btrfs(const View& filesystem, const Reading& reading);
/// Verity devices name partitions of the new disk, or of the base image when there is none.
void check_verity_forms(const View& storage, const Reading& reading);
void check_verity(const Storage& storage, const View& view, const Reading& reading);
void check_overlays(const View& overlays, const Reading& reading);
/// Rules between the recipe and the command line.
void check_command_line(const View& root, const CommandLine& line, const Reading& reading);

Input read_input(const View& image, const Reading& reading);
Output read_output(const View& output, const Reading& reading);
Scripts read_scripts(const View& scripts, const Reading& reading);
/// `iso` or `pxe`.
std::optional<LiveSystem> read_live_system(const View& view, const Reading& reading);
/// os.secureBoot
std::optional<SecureBoot> read_secure_boot(const View& view, const Reading& reading);
/// The extension keys of `os`.
void read_hardening(const View& os, Os& result, const Reading& reading);
void check_hardening(const View& os, const Reading& reading);
/// os.hardening and what else the recipe says.
void check_system_hardening(const View& os, const Reading& reading);
/// What the hardening keys add to the kernel's command line.
std::vector<std::string> hardening_arguments(const Os& os);
/// A mode of SELinux and what the kernel command line says of it. @param os `os`.
void check_selinux(const View& os, std::optional<SelinuxMode> mode, const Reading& reading);
std::vector<Overlay> read_overlays(const View& overlays, const Reading& reading);
Services read_services(const View& services, const Reading& reading);
std::vector<Module> read_modules(const View& modules, const Reading& reading);
std::vector<std::string> read_kernel_command_line(const View& view, const Reading& reading);
Packages read_packages(const View& packages, const Reading& reading);

std::vector<Group> read_groups(const View& groups, const Reading& reading);
std::vector<User> read_users(const View& users, const Reading& reading);
/// `sha256hash`: a finding if it is given and is not the digest of the content, or of the file where there is none.
void check_digest(const View& at, const std::filesystem::path& file, const std::optional<std::string>& content,
                  const Reading& reading);
std::vector<AdditionalFile> read_additional_files(const View& files, const Reading& reading);
std::vector<AdditionalDirectory> read_additional_dirs(const View& dirs, const Reading& reading);

}  // namespace keelson::recipe
