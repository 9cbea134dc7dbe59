#include "recipe/language.h"
#include "recipe/language_records.h"

namespace keelson::recipe {

namespace {

constexpr std::int64_t kHighestId = 60'000;      // of users and groups that a recipe may choose
constexpr std::int64_t kLongestExpiry = 99'999;  // days; shadow(5) takes it as "never"

const Section& packages_section() {
  static const Section section{
      .name = "packages",
      .meaning = "Which packages the image gets. Dependencies come by themselves; recommended packages don't.",
      .keys = {{.name = "install",
                .value = list_of(text(kPackageSpec)),
                .meaning = "Packages to install; `name=version` picks a version.",
                .example = "[containerd, openssl]"},
               {.name = "installLists",
                .value = list_of(text(kFilePath)),
                .meaning = "Files with more packages to install, relative to the recipe.",
                .example = "[lists/debug.yaml]"},
               {.name = "remove",
                .value = list_of(text(kPackageSpec)),
                .meaning = "Packages to remove from the base.",
                .example = "[nano]",
                .for_bases = true},
               {.name = "removeLists",
                .value = list_of(text(kFilePath)),
                .meaning = "Files with more packages to remove.",
                .example = "[lists/unwanted.yaml]",
                .for_bases = true},
               {.name = "update",
                .value = list_of(text(kPackageSpec)),
                .meaning = "Packages to update.",
                .example = "[openssl]",
                .for_bases = true},
               {.name = "updateLists",
                .value = list_of(text(kFilePath)),
                .meaning = "Files with more packages to update.",
                .example = "[lists/fixes.yaml]",
                .for_bases = true},
               {.name = "updateExistingPackages",
                .value = boolean(),
                .meaning = "Update all packages of the base.",
                .fallback = "false",
                .example = "true",
                .for_bases = true},
               {.name = "snapshotTime",
                .value = text(kTimestamp),
                .meaning = "Use the repositories as they were then: their archive must name its snapshots, or "
                           "`distribution.mirror` has `@SNAPSHOTID@` in the time's place.",
                .fallback = "now",
                .example = "2026-06-01",
                .gate = "package-snapshot-time"},
               {.name = "removePackageManager",
                .value = boolean(),
                .meaning = "Remove the package manager and its database at the end.",
                .fallback = "false",
                .example = "true",
                .gate = "remove-package-manager"}}};
  return section;
}

const Section& directory_section() {
  static const Section section{
      .name = "additionalDir",
      .meaning = "A folder to copy into the image with all that is in it; it merges with what is there.",
      .keys = {
          {.name = "source",
           .value = text(kFilePath),
           .meaning = "The folder, relative to the recipe.",
           .example = "files/etc",
           .required = true},
          {.name = "destination",
           .value = text(kAbsolutePath),
           .meaning = "Its path in the image.",
           .example = "/etc",
           .required = true},
          {.name = "newDirPermissions",
           .value = of_shape(Shape::Permissions),
           .meaning = "Permissions of folders that are new in the image.",
           .fallback = "0755",
           .example = "\"0750\""},
          {.name = "mergedDirPermissions",
           .value = of_shape(Shape::Permissions),
           .meaning = "Permissions of folders that were there.",
           .fallback = "as they are",
           .example = "\"0755\""},
          {.name = "childFilePermissions",
           .value = of_shape(Shape::Permissions),
           .meaning = "Permissions of the files.",
           .fallback = "the source files' own",
           .example = "\"0644\""},
          {.name = "sha256hashmap",
           .value = text_map(kFilePath, kSha256Text),
           .meaning = "SHA-256 of each file of the folder, by its path there; a build from other files is refused.",
           .example = "{motd: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855}"}}};
  return section;
}

const Section& group_section() {
  static const Section section{
      .name = "group",
      .meaning = "A group to create.",
      .keys = {
          {.name = "name", .value = text(kUserName), .meaning = "Its name.", .example = "operators", .required = true},
          {.name = "gid",
           .value = integer(0, kHighestId),
           .meaning = "Its number; not for a group that the base or the packages bring.",
           .fallback = "the next free one",
           .example = "2000"}}};
  return section;
}

const Section& password_section() {
  static const Section section{
      .name = "password",
      .meaning = "How a user may log in with a password.",
      .keys = {{.name = "type",
                .value = one_of({{"locked"}, {"plain-text"}, {"plain-text-file"}, {"hashed"}, {"hashed-file"}}),
                .meaning = "What `value` is; `locked`: no password works.",
                .example = "hashed-file",
                .required = true},
               {.name = "value",
                .value = text(kLine),
                .meaning = "The password, its crypt(5) hash, or the file that holds it, relative to the recipe. Prefer "
                           "a hash or a file.",
                .example = "secrets/admin.hash"}},
      .constraints = {{.kind = Constraint::Kind::Needs, .keys = {"value"}, .when = "type!=locked"},
                      {.kind = Constraint::Kind::Forbids,
                       .keys = {"value"},
                       .when = "type=locked",
                       .hint = "a locked password has no value; or choose another type"}}};
  return section;
}

const Section& user_section() {
  static const Section section{
      .name = "user",
      .meaning = "A user to create, or to change when the packages bring it.",
      .keys = {
          {.name = "name",
           .value = text(kUserName),
           .meaning = "The login name.",
           .example = "admin",
           .required = true},
          {.name = "uid",
           .value = integer(0, kHighestId),
           .meaning = "Its number.",
           .fallback = "the next free one",
           .example = "2000"},
          {.name = "password", .value = object(password_section()), .meaning = "The password.", .fallback = "locked"},
          {.name = "passwordExpiresDays",
           .value = integer(-1, kLongestExpiry),
           .meaning = "Days until the password expires; -1: never.",
           .example = "90"},
          {.name = "sshPublicKeyPaths",
           .value = list_of(text(kFilePath)),
           .meaning = "Files with SSH public keys, relative to the recipe.",
           .example = "[secrets/admin.pub]"},
          {.name = "sshPublicKeys",
           .value = list_of(text(kLine)),
           .meaning = "SSH public keys.",
           .example = "[ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHVzZXI admin]"},
          {.name = "primaryGroup",
           .value = text(kUserName),
           .meaning = "The primary group.",
           .fallback = "a group of the user's name",
           .example = "operators"},
          {.name = "secondaryGroups",
           .value = list_of(text(kUserName)),
           .meaning = "Further groups.",
           .example = "[sudo]"},
          {.name = "startupCommand",
           .value = text(kAbsolutePath),
           .meaning = "The login shell.",
           .example = "/usr/sbin/nologin"},
          {.name = "homeDirectory",
           .value = text(kAbsolutePath),
           .meaning = "The home folder.",
           .fallback = "/home/NAME",
           .example = "/srv/admin"}}};
  return section;
}

const Section& services_section() {
  static const Section section{
      .name = "services",
      .meaning = "Which systemd units start at boot.",
      .keys = {
          {.name = "enable",
           .value = list_of(text(kUnitName)),
           .meaning = "Units to enable; without a suffix, `.service` is meant.",
           .example = "[containerd]"},
          {.name = "disable", .value = list_of(text(kUnitName)), .meaning = "Units to disable.", .example = "[ssh]"}}};
  return section;
}

const Section& module_section() {
  static const Section section{
      .name = "module",
      .meaning = "What to do about a kernel module.",
      .keys = {{.name = "name",
                .value = text(kModuleName),
                .meaning = "Its name.",
                .example = "br_netfilter",
                .required = true},
               {.name = "loadMode",
                .value = one_of({{"always"}, {"auto"}, {"disable"}, {"inherit"}}),
                .meaning = "`always`: load it at boot; `auto`: let the kernel ask for it; `disable`: never load it; "
                           "`inherit`: leave it as the packages have it.",
                .fallback = "inherit",
                .example = "always"},
               {.name = "options",
                .value = text_map(kModuleName, kWord),
                .meaning = "Its parameters.",
                .example = "{nf_conntrack_max: 262144}"}},
      .constraints = {{.kind = Constraint::Kind::Forbids,
                       .keys = {"options"},
                       .when = "loadMode=disable",
                       .hint = "a disabled module can't have options"}}};
  return section;
}

Value lower_dirs() {
  Value list = list_of(text(kMountPath));
  list.minimum = 1;
  return list;
}

const Section& overlay_section() {
  static const Section section{
      .name = "overlay",
      .meaning = "An overlay file system that is mounted at boot.",
      .keys = {
          {.name = "mountPoint",
           .value = text(kMountPath),
           .meaning = "Where it is mounted.",
           .example = "/etc",
           .required = true},
          {.name = "lowerDirs",
           .value = lower_dirs(),
           .meaning = "The read-only layers.",
           .example = "[/etc]",
           .required = true},
          {.name = "upperDir",
           .value = text(kMountPath),
           .meaning = "The layer that takes changes.",
           .example = "/var/overlays/etc/upper",
           .required = true},
          {.name = "workDir",
           .value = text(kMountPath),
           .meaning = "A scratch folder on the same file system as `upperDir`.",
           .example = "/var/overlays/etc/work",
           .required = true},
          {.name = "isInitrdOverlay",
           .value = boolean(),
           .meaning = "Mount it in the initrd, before the system itself starts: needed for `/etc` and the like.",
           .fallback = "false",
           .example = "true"},
          {.name = "mountDependencies",
           .value = list_of(text(kMountPath)),
           .meaning = "Mounts that must be there before.",
           .example = "[/var]"},
          {.name = "mountOptions", .value = text(kMountOptions), .meaning = "Mount options.", .example = "noatime"}}};
  return section;
}

const Section& bootloader_section() {
  static const Section section{
      .name = "bootloader",
      .meaning = "What happens to the boot loader.",
      .keys = {{.name = "resetType",
                .value = one_of({{"hard-reset"}}),
                .meaning = "Write the boot loader and its settings anew; a build from packages always does.",
                .example = "hard-reset"}}};
  return section;
}

const Section& uki_section() {
  static const Section section{.name = "uki",
                               .meaning = "Unified kernel images.",
                               .keys = {{.name = "mode",
                                         .value = one_of({{"create"}, {"passthrough"}, {"modify"}}),
                                         .meaning = "Make them, leave them alone, or change their command line.",
                                         .example = "create",
                                         .required = true}}};
  return section;
}

const Section& selinux_section() {
  static const Section section{
      .name = "selinux",
      .meaning = "Mandatory access control.",
      .keys = {{.name = "mode",
                .value = one_of({{"disabled"}, {"permissive"}, {"enforcing"}, {"force-enforcing"}}),
                .meaning = "What the policy is for: nothing, to report, or to refuse. `force-enforcing` sets it on the "
                           "kernel command line too, where `/etc/selinux/config` can't change it. Every mode but "
                           "`disabled` needs a policy among the packages (`selinux-policy-default`), and sets the "
                           "label of each file.",
                .example = "enforcing"},
               {.name = "modules",
                .value = list_of(text(kFilePath)),
                .meaning = "Policy modules to add, as files of the common intermediate language (.cil) or compiled "
                           "(.pp), relative to the recipe. The image's own `semodule` compiles them. An extension.",
                .example = "[policy/agent.cil]"},
               {.name = "booleans",
                .value = text_map(kSelinuxBoolean, kOnOff),
                .meaning = "Switches of the policy that are set when it is compiled. `secure_mode_policyload` keeps "
                           "everybody, root too, from loading another policy and from turning enforcing off. An "
                           "extension.",
                .example = "{secure_mode_policyload: on}"}}};
  return section;
}

}  // namespace

// Shared with iso and pxe.
const Section& kernel_command_line_section() {
  static const Section section{.name = "kernelCommandLine",
                               .meaning = "The kernel's command line.",
                               .keys = {{.name = "extraCommandLine",
                                         .value = list_of(text(kKernelArgument)),
                                         .meaning = "Arguments to append.",
                                         .example = "[console=tty0, console=ttyS0]"}}};
  return section;
}

const Section& additional_file_section() {
  static const Section section{
      .name = "additionalFile",
      .meaning = "A file to put into the image. Exactly one of `source` and `content`.",
      .keys = {{.name = "source",
                .value = text(kFilePath),
                .meaning = "The file to copy, relative to the recipe.",
                .example = "files/motd"},
               {.name = "content", .value = text(), .meaning = "The file's text.", .example = "\"hello\""},
               {.name = "destination",
                .value = text(kAbsolutePath),
                .meaning = "Its path in the image; folders on the way are made.",
                .example = "/etc/motd",
                .required = true},
               {.name = "permissions",
                .value = of_shape(Shape::Permissions),
                .meaning = "Its permissions.",
                .fallback = "the source file's own, or 0644 for `content`",
                .example = "\"0644\""},
               {.name = "sha256hash",
                .value = text(kSha256Text),
                .meaning = "Its digest; another content is refused.",
                .example = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}},
      .constraints = {{.kind = Constraint::Kind::ExactlyOne, .keys = {"source", "content"}}}};
  return section;
}

const Section& os_section() {
  static const Section section{
      .name = "os",
      .meaning = "What the system holds.",
      .keys = {{.name = "hostname",
                .value = text(kHostName),
                .meaning = "The machine's name.",
                .fallback = "as the packages have it",
                .example = "container-host"},
               {.name = "kernelCommandLine",
                .value = object(kernel_command_line_section()),
                .meaning = "The kernel's command line."},
               {.name = "packages", .value = object(packages_section()), .meaning = "Packages."},
               {.name = "additionalFiles",
                .value = list_of(object(additional_file_section())),
                .meaning = "Files to put into the image."},
               {.name = "additionalDirs",
                .value = list_of(object(directory_section())),
                .meaning = "Folders to copy into the image."},
               {.name = "groups", .value = list_of(object(group_section())), .meaning = "Groups to create."},
               {.name = "users", .value = list_of(object(user_section())), .meaning = "Users to create or change."},
               {.name = "services", .value = object(services_section()), .meaning = "Which units start at boot."},
               {.name = "modules", .value = list_of(object(module_section())), .meaning = "Kernel modules."},
               {.name = "overlays",
                .value = list_of(object(overlay_section())),
                .meaning = "Overlay file systems, mounted at boot."},
               {.name = "bootloader", .value = object(bootloader_section()), .meaning = "The boot loader."},
               {.name = "uki", .value = object(uki_section()), .meaning = "Unified kernel images.", .gate = "uki"},
               {.name = "selinux", .value = object(selinux_section()), .meaning = "SELinux."}}};
  static const Section whole = [] {
    Section both = section;
    for (auto& key : record_keys()) both.keys.push_back(std::move(key));
    for (auto& key : hardening_keys()) both.keys.push_back(std::move(key));
    return both;
  }();
  return whole;
}

}  // namespace keelson::recipe
