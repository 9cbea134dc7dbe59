/// A recipe as values: what a valid recipe file says, after lists are read, shorthands expanded and defaults filled.
/// It says nothing about where in the file a value stood, except `line` where later stages want to name it.
/// Source: Image Customizer's configuration API (docs/reference/recipe.md), plus Keelson's extension keys.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"

namespace keelson::recipe {

// ---- distribution (extension) ------------------------------------------------------------------------------

enum class DistributionFamily { Debian };

struct Distribution {
  DistributionFamily family = DistributionFamily::Debian;
  std::string release;          ///< suite code name, "trixie"; "": the recipe has no distribution section
  std::string mirror = "host";  ///< "host": the host's own mirrors; otherwise a URL
  bool updates = true;          ///< also <release>-updates
  bool security = true;         ///< also <release>-security
  std::vector<std::string> components{"main"};
  std::filesystem::path keyring;  ///< empty: the host's archive keyring for this release
  std::string architecture;       ///< empty: the build host's own ("amd64", "arm64")
  std::string kernel = "cloud";   ///< cloud: linux-image-cloud-<arch>; generic: linux-image-<arch>; none
};

// ---- os -----------------------------------------------------------------------------------------------------

struct Packages {
  std::vector<std::string> install;  ///< installLists' entries first, then install; names, "name=version" allowed
};

struct Group {
  std::string name;
  std::optional<std::uint32_t> gid;
};

enum class PasswordType { Locked, PlainText, PlainTextFile, Hashed, HashedFile };

struct Password {
  PasswordType type = PasswordType::Locked;
  std::string value;  ///< text, hash, or the file's path (already resolved against the recipe)
};

struct User {
  std::string name;
  std::optional<std::uint32_t> uid;
  std::optional<Password> password;
  std::optional<std::int64_t> password_expires_days;  ///< -1: never
  std::vector<std::string> ssh_public_keys;           ///< texts; sshPublicKeyPaths are read in first
  std::string primary_group;
  std::vector<std::string> secondary_groups;
  std::string startup_command;  ///< login shell
  std::string home_directory;
};

struct AdditionalFile {
  std::filesystem::path source;  ///< resolved; empty when `content` is given
  std::optional<std::string> content;
  std::string destination;                   ///< absolute path in the image
  std::optional<std::uint32_t> permissions;  ///< at most 0777; absent: the source file's own, or 0644 for content
};

struct AdditionalDirectory {
  std::filesystem::path source;
  std::string destination;
  std::optional<std::uint32_t> new_dir_permissions;     ///< default 0755
  std::optional<std::uint32_t> merged_dir_permissions;  ///< absent: an existing folder keeps its own
  std::optional<std::uint32_t> child_file_permissions;  ///< absent: the source file's own
};

struct Services {
  std::vector<std::string> enable;
  std::vector<std::string> disable;
};

enum class ModuleLoadMode { Always, Auto, Disable, Inherit };

struct Module {
  std::string name;
  ModuleLoadMode load_mode = ModuleLoadMode::Inherit;
  std::map<std::string, std::string> options;
};

struct Os {
  std::string hostname;  ///< "": not set
  std::vector<std::string> extra_kernel_command_line;
  Packages packages;
  std::vector<AdditionalFile> additional_files;
  std::vector<AdditionalDirectory> additional_dirs;
  std::vector<Group> groups;
  std::vector<User> users;
  Services services;
  std::vector<Module> modules;
};

// ---- storage ------------------------------------------------------------------------------------------------

enum class BootType { Efi, Legacy };

struct Partition {
  std::string id;
  std::string label;
  std::string type = "linux-generic";  ///< esp, bios-grub, home, linux-generic, root, root-verity, srv, swap, tmp, usr,
                                       ///< usr-verity, var, xbootldr, or a UUID
  std::optional<ByteCount> start;      ///< absent: right after the partition before
  std::optional<ByteCount> end;
  std::optional<ByteCount> size;  ///< absent together with `end`: grow (see `grow`)
  bool grow = false;              ///< to the end of the disk; or, when the disk has no maxSize, as small as fits
};

struct Disk {
  std::optional<ByteCount> max_size;  ///< absent: as small as the partitions need
  std::vector<Partition> partitions;
};

enum class MountIdType { Default, Uuid, PartUuid, PartLabel };

struct Filesystem {
  std::string device_id;    ///< a Partition's id
  std::string type;         ///< ext4, vfat, fat32, erofs (extension), xfs, btrfs
  std::string mount_point;  ///< "": made but not mounted
  std::string mount_options;
  MountIdType mount_id_type = MountIdType::Default;
};

struct Storage {
  BootType boot_type = BootType::Efi;
  Disk disk;
  std::vector<Filesystem> filesystems;
};

// ---- output -------------------------------------------------------------------------------------------------

struct Output {
  std::filesystem::path path;  ///< output.image.path, resolved; "": the command line decides
  std::string format;          ///< raw, qcow2, vhd-fixed, …; "": the command line decides
};

struct Recipe {
  std::filesystem::path file;  ///< the recipe's own path, for messages
  std::string name;            ///< the file's name without extension: "container-host"
  Distribution distribution;
  Os os;
  std::optional<Storage> storage;  ///< absent: the default layout (ESP + root, as small as fits)
  Output output;
  std::vector<std::string> preview_features;
};

}  // namespace keelson::recipe
