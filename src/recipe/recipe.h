/// A recipe as values: what a valid recipe file says, after lists are read, shorthands expanded and defaults filled.
/// It says nothing about where in the file a value stood, except `line` where later stages want to name it.
/// Source: Image Customizer's configuration API (docs/reference/recipe.md), plus Keelson's extension keys.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
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

/// Always done in this order: remove, update all, install, update. Of each, the lists' entries come first.
struct Packages {
  std::vector<std::string> install;  ///< names, "name=version" allowed
  std::vector<std::string> remove{};
  std::vector<std::string> update{};
  bool update_existing = false;         ///< update all packages of the base
  std::string snapshot_time{};          ///< "": now; otherwise a date or an RFC 3339 time
  bool remove_package_manager = false;  ///< at the very end
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

/// An overlayfs that is mounted at boot. All paths are absolute and hold no white space, colon or comma.
struct Overlay {
  std::string mount_point;
  std::vector<std::string> lower_dirs;
  std::string upper_dir;
  std::string work_dir;
  bool in_initrd = false;
  std::vector<std::string> mount_dependencies;
  std::string mount_options;
};

enum class UkiMode { Create, Passthrough, Modify };
enum class SelinuxMode { Disabled, Permissive, Enforcing, ForceEnforcing };

// Extensions: what the recipe asks of the hardening.
enum class FipsMode { Disabled, Enabled };
enum class CgroupVersion { V1, V2 };
enum class Lockdown { None, Integrity, Confidentiality };
enum class IpeMode { Disabled, Permissive, Enforcing };

enum class Profile { None, Default, Strict };

/// os.hardening
struct Hardening {
  Profile kernel = Profile::None;
  Profile mounts = Profile::None;
  std::vector<std::string> mount_points{};  ///< of the recipe's storage, which has their options; only with `mounts`
  Profile services = Profile::None;
  bool no_core_dumps = false;
  bool closed_accounts = false;
  std::vector<std::string> blocked_modules;
  bool modules_disabled_after_boot = false;
  bool no_setuid_programs = false;
  std::vector<std::string> setuid_exceptions;  ///< absolute paths
};

/// What signs the boot files.
struct SecureBoot {
  std::string key;                      ///< a file, resolved, or a "pkcs11:" URI
  std::filesystem::path certificate;    ///< resolved
  std::filesystem::path enroll_keys{};  ///< a folder of keys to enroll, resolved; "": none
  std::string enroll_mode = "if-safe";  ///< systemd-boot's word: manual, if-safe, force
  std::string pcr_key{};                ///< as `key`; "": no policies are signed
};

struct FirewallRule {
  std::string protocol;                          ///< tcp, udp or icmp
  std::vector<std::pair<int, int>> port_ranges;  ///< first and last, both included; empty: all
  std::string from;                              ///< an address or a CIDR block; "": anywhere
};

struct Firewall {
  bool drop_incoming = true;  ///< what no rule allows
  std::vector<FirewallRule> allow;
};

/// The bill of materials inside the image.
enum class EmbeddedBill { None, Spdx, CycloneDx };

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
  std::vector<Overlay> overlays{};
  bool reset_bootloader = false;  ///< bootloader.resetType: hard-reset
  std::optional<UkiMode> uki{};
  std::optional<SelinuxMode> selinux{};
  std::vector<std::filesystem::path> selinux_modules{};  ///< extension: policy modules, resolved
  std::map<std::string, bool> selinux_booleans{};        ///< extension: switches of the policy
  bool keep_image_history = true;                        ///< false: imageHistory: none
  std::optional<EmbeddedBill> sbom{};                    ///< extension; absent: as the base has it
  std::optional<FipsMode> fips{};
  std::optional<CgroupVersion> cgroup{};
  std::optional<Lockdown> lockdown{};
  Hardening hardening{};
  std::optional<IpeMode> ipe{};
  std::filesystem::path ipe_policy{};  ///< a policy's text, resolved; "": Keelson's own
  std::optional<SecureBoot> secure_boot{};
  std::map<std::string, std::string> sysctls{};
  std::optional<Firewall> firewall{};
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

struct BtrfsSubvolume {
  std::string path;         ///< from the file system's top, without '/' at either end
  std::string mount_point;  ///< "": not mounted
  std::string mount_options;
  MountIdType mount_id_type = MountIdType::Default;
  std::optional<ByteCount> referenced_limit;
  std::optional<ByteCount> exclusive_limit;
};

struct Filesystem {
  std::string device_id;    ///< a Partition's id, or a Verity's
  std::string type;         ///< ext4, vfat, fat32, erofs (extension), xfs, btrfs
  std::string mount_point;  ///< "": made but not mounted
  std::string mount_options;
  MountIdType mount_id_type = MountIdType::Default;
  std::vector<BtrfsSubvolume> subvolumes{};  ///< of a btrfs
};

/// A partition of the base image.
struct IdentifiedPartition {
  MountIdType id_type = MountIdType::PartUuid;
  std::string id;
};

enum class CorruptionOption { IoError, Ignore, Panic, Restart };

/// A dm-verity device. It names either partitions of `disk` (the ids) or of the base image (the other two).
struct Verity {
  std::string id;
  std::string name;  ///< "root" or "usr"
  std::string data_device_id;
  std::string hash_device_id;  ///< the data's own: the hash tree lies behind the data
  std::optional<IdentifiedPartition> data_device;
  std::optional<IdentifiedPartition> hash_device;
  MountIdType data_mount_id_type = MountIdType::Default;
  MountIdType hash_mount_id_type = MountIdType::Default;
  CorruptionOption corruption = CorruptionOption::IoError;
  std::string hash_signature_path;  ///< "": none

  bool is_inline() const { return hash_device_id == data_device_id; }
};

struct Storage {
  BootType boot_type = BootType::Efi;
  Disk disk;
  std::vector<Filesystem> filesystems;
  std::vector<Verity> verity{};  ///< on partitions of `disk`

  /// The verity device that guards a file system; null: none does.
  const Verity* find_verity(const Filesystem& filesystem) const {
    for (const auto& device : verity) {
      if (device.id == filesystem.device_id) return &device;
    }
    return nullptr;
  }
  /// The id of the partition that holds a file system's bytes, guarded or not.
  const std::string& partition_of(const Filesystem& filesystem) const {
    const Verity* device = find_verity(filesystem);
    return device ? device->data_device_id : filesystem.device_id;
  }
};

/// What `storage` asks of a base image's own layout, when it brings no disk.
struct BaseLayout {
  bool reset_uuids = false;
  std::vector<Verity> verity;
  std::optional<bool> reinitialize_verity;  ///< false: none, true: all
};

// ---- output -------------------------------------------------------------------------------------------------

/// Boot artefacts to hand out, so that they can be signed.
struct Artifacts {
  std::vector<std::string> items;  ///< ukis, uki-addons, shim, bootloader, verity-hash; each once
  std::filesystem::path path;      ///< a folder, resolved
};

struct Output {
  std::filesystem::path path;  ///< output.image.path, resolved; "": the command line decides
  std::string format;          ///< raw, qcow2, vhd-fixed, …; "": the command line decides
  std::optional<int> cosi_compression_level{};
  std::optional<Artifacts> artifacts{};
  std::filesystem::path selinux_policy_path{};  ///< a folder, resolved; "": none
};

// ---- input, scripts, live systems ------------------------------------------------------------------------------

struct OciImage {
  std::string uri;
  std::string os;            ///< "": the build host's
  std::string architecture;  ///< "": the build host's
};

struct AzureLinuxImage {
  std::string variant;
  std::string version;
};

/// The base image: at most one of the three.
struct Input {
  std::filesystem::path path;  ///< resolved
  std::optional<OciImage> oci;
  std::optional<AzureLinuxImage> azure_linux;
};

struct Script {
  std::filesystem::path path;  ///< resolved; empty when `content` is given
  std::string content;
  std::string interpreter;  ///< "": the file's own, or /bin/sh for content
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;
  std::string name;              ///< for messages; may be ""
  std::filesystem::path folder;  ///< of the recipe that holds it; the script may read what lies there
  bool network = false;          ///< extension: it may use the build host's network
};

struct Scripts {
  std::vector<Script> post_customization;
  std::vector<Script> finalize_customization;
};

/// `iso` and `pxe`.
struct LiveSystem {
  std::vector<AdditionalFile> additional_files;
  std::vector<std::string> extra_kernel_command_line;
  std::string initramfs_type;  ///< bootstrap, full-os; "": the format's own default
  bool keep_kdump_boot_files = false;
  std::string bootstrap_base_url;  ///< of pxe only
  std::string bootstrap_file_url;  ///< of pxe only
};

// ---- the whole -----------------------------------------------------------------------------------------------

struct Recipe {
  std::filesystem::path file;  ///< the recipe's own path, for messages
  std::string name;            ///< the file's name without extension: "container-host"
  Distribution distribution;
  Os os;
  std::optional<Storage> storage;  ///< absent: the default layout (ESP + root, as small as fits)
  Output output;
  std::vector<std::string> preview_features;
  Input input{};
  BaseLayout base_layout{};
  Scripts scripts{};
  std::optional<LiveSystem> iso{};
  std::optional<LiveSystem> pxe{};
  std::vector<std::filesystem::path> base_configs{};  ///< the recipes it builds on, first applied first
};

/// The other document: signed artefacts to put back into an image.
struct InjectFile {
  IdentifiedPartition partition;
  std::string destination;       ///< absolute, in the partition
  std::filesystem::path source;  ///< resolved
  std::string type;              ///< ukis, uki-addons, shim, bootloader, verity-hash; may be ""
};

}  // namespace keelson::recipe
