// Mutants: a good recipe with one thing changed is refused, with a finding on the line that was changed.
#include <gtest/gtest.h>

#include <algorithm>

#include "recipe/read.h"

namespace keelson::recipe {
namespace {

struct Mutant {
  std::string_view before;   ///< text of the good recipe
  std::string_view after;    ///< what stands there instead
  std::string_view line;     ///< the finding is on the first line of the mutant that holds this
  std::string_view message;  ///< a part of the finding's message
};

void PrintTo(const Mutant& mutant, std::ostream* out) { *out << mutant.before << " -> " << mutant.after; }

std::vector<Finding> errors_of(std::string_view text) {
  const ReadOptions options{.unsupported_is_error = false, .check_files = false};
  auto findings = parse_recipe(text, "mutant.yaml", "/nonexistent", options).findings;
  std::erase_if(findings, [](const Finding& finding) { return finding.severity != Severity::Error; });
  return findings;
}

int line_of(std::string_view text, std::string_view part) {
  const auto at = text.find(part);
  EXPECT_NE(at, std::string_view::npos) << part;
  return 1 +
         static_cast<int>(std::count(text.begin(), text.begin() + static_cast<long>(std::min(at, text.size())), '\n'));
}

void expect_refused(std::string_view good, const Mutant& mutant) {
  std::string text(good);
  const auto at = text.find(mutant.before);
  ASSERT_NE(at, std::string::npos) << "the good recipe has no '" << mutant.before << "'";
  text.replace(at, mutant.before.size(), mutant.after);
  const auto findings = errors_of(text);
  const int line = line_of(text, mutant.line);
  const bool found = std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) {
    return finding.line == line && finding.message.find(mutant.message) != std::string::npos;
  });
  EXPECT_TRUE(found) << "expected on line " << line << ": … " << mutant.message << " …\nfound:\n"
                     << render_findings("mutant.yaml", findings) << "in:\n"
                     << text;
}

// ---- a disk of its own ---------------------------------------------------------------------------------------

constexpr std::string_view kDisk = R"(storage:
  bootType: efi
  disks:
  - partitionTableType: gpt
    maxSize: 8G
    partitions:
    - id: esp
      type: esp
      start: 1M
      end: 257M
    - id: boot
      type: xbootldr
      size: 512M
    - id: root
      label: rootfs
      size: 2G
    - id: roothash
      label: hashes
      size: 128M
    - id: data
      label: data
      size: grow
  verity:
  - id: verityroot
    name: root
    dataDeviceId: root
    hashDeviceId: roothash
    dataDeviceMountIdType: part-uuid
    hashDeviceMountIdType: part-label
    corruptionOption: panic
    hashSignaturePath: /boot/root.hash.sig
  filesystems:
  - deviceId: esp
    type: vfat
    mountPoint:
      path: /boot/efi
      options: umask=0077
  - deviceId: boot
    type: ext4
    mountPoint: /boot
  - deviceId: verityroot
    type: ext4
    mountPoint:
      path: /
      options: defaults,ro
  - deviceId: data
    type: btrfs
    btrfs:
      subvolumes:
      - path: var
        mountPoint:
          path: /var
          options: noatime
          idType: part-label
        quota:
          referencedLimit: 1G
          exclusiveLimit: 512M
      - path: var/log
        mountPoint:
          path: /var/log
      - path: home
        mountPoint: /home
      - path: snapshots
os:
  bootloader:
    resetType: hard-reset
  uki:
    mode: create
previewFeatures: [btrfs, uki, output-artifacts]
)";

class DiskMutant : public testing::TestWithParam<Mutant> {};

TEST(Mutants, TheDiskRecipeItselfIsGood) { EXPECT_EQ(render_findings("good", errors_of(kDisk)), ""); }

TEST_P(DiskMutant, IsRefusedOnItsLine) { expect_refused(kDisk, GetParam()); }

INSTANTIATE_TEST_SUITE_P(
    Rules, DiskMutant,
    testing::Values(
        Mutant{"  bootloader:\n    resetType: hard-reset\n", "", "  disks:", "needs 'os.bootloader.resetType'"},
        Mutant{"resetType: hard-reset", "resetType:", "  disks:", "needs 'os.bootloader.resetType'"},
        Mutant{"  bootType: efi\n", "", "  disks:", "needs 'storage.bootType'"},
        Mutant{"bootType: efi", "bootType: efi\n  resetPartitionsUuidsType: reset-all", "resetPartitionsUuidsType",
               "can't stand beside 'storage.disks'"},
        Mutant{"bootType: efi", "bootType: legacy", "bootType", "needs a partition of type 'bios-grub'"},
        Mutant{"type: esp", "type: home", "bootType", "needs a partition of type 'esp'"},
        Mutant{"type: vfat", "type: ext4", "type: ext4", "needs a file system of type vfat or fat32"},
        Mutant{"path: /boot/efi", "path: /efi", "    mountPoint:", "must be mounted at '/boot/efi'"},
        Mutant{"  - deviceId: esp\n    type: vfat\n    mountPoint:\n      path: /boot/efi\n      options: umask=0077\n",
               "", "  filesystems:", "needs a file system of type vfat or fat32"},
        Mutant{"type: xbootldr", "type: bios-grub", "id: boot", "must start at 1M"},
        Mutant{"type: xbootldr", "type: bios-grub", "deviceId: boot", "can't have a file system"},
        Mutant{"start: 1M\n      end: 257M", "start: 0M\n      end: 257M", "start: 0M", "must be a size"},
        Mutant{"start: 1M\n      end: 257M", "start: 512K\n      end: 257M", "start: 512K", "multiple of 1 MiB"},
        Mutant{"start: 1M\n      end: 257M", "start: 512K\n      end: 257M", "start: 512K",
               "must start at 1M or later"},
        Mutant{"end: 257M", "end: 1M", "end: 1M", "before it starts"},
        Mutant{"end: 257M", "end: 257M\n      size: 256M", "size: 256M", "has both 'end' and 'size'"},
        Mutant{"end: 257M", "end: 257000K", "end: 257000K", "multiple of 1 MiB"},
        Mutant{"size: 512M", "start: 200M\n      size: 512M", "start: 200M", "but 'esp' ends at 257M"},
        Mutant{"size: 512M", "size: grow", "- id: boot", "only the last one may grow"},
        Mutant{"      size: 512M\n", "", "- id: boot", "only the last one may grow"},
        Mutant{"size: 512M", "size: 512", "size: 512", "must be a size like 100M, or 'grow'"},
        Mutant{"size: 512M", "size: 512X", "size: 512X", "must be a size"},
        Mutant{"size: 512M", "size: 1500K", "size: 1500K", "multiple of 1 MiB"},
        Mutant{"size: 512M", "size: 8388607T", "- id: boot", "beyond any disk's end"},
        Mutant{"maxSize: 8G", "maxSize: 1G", "maxSize: 1G", "the partitions need"},
        Mutant{"maxSize: 8G", "maxSize: grow", "maxSize: grow", "must be a size like 100M, not 'grow'"},
        Mutant{"    maxSize: 8G\n", "", "- partitionTableType", "needs 'maxSize', or its last partition a size"},
        Mutant{"partitionTableType: gpt", "partitionTableType: mbr", "partitionTableType", "must be gpt"},
        Mutant{"- id: boot", "- id: esp", "- id: esp\n      type: xboot", "id 'esp' is given twice"},
        Mutant{"- id: verityroot", "- id: root", "- id: root\n    name", "id 'root' is given twice"},
        Mutant{"label: data", "label: rootfs", "idType: part-label", "'rootfs' is given twice"},
        Mutant{"      label: data\n", "", "idType: part-label", "needs a label on partition 'data'"},
        Mutant{"label: data", "label: dät", "label: dät", "must be a partition label"},
        Mutant{"label: data", "label: a-label-that-is-longer-than-36-letters", "label: a-label", "partition label"},
        Mutant{"type: xbootldr", "type: boot", "type: boot", "must be esp, bios-grub"},
        Mutant{"type: xbootldr", "type: 4d21b016-b534-45c2-a9fb", "type: 4d21", "a UUID"},
        Mutant{"deviceId: boot", "deviceId: bot", "deviceId: bot", "names no partition or verity device"},
        Mutant{"deviceId: boot", "deviceId: esp", "deviceId: esp\n    type: ext4", "is used twice"},
        Mutant{"deviceId: boot", "deviceId: root", "deviceId: root", "is used twice"},
        Mutant{"mountPoint: /boot\n", "mountPoint: /var\n", "path: /var", "'/var' is mounted twice"},
        Mutant{"mountPoint: /home", "mountPoint: /boot/", "mountPoint: /boot/", "is mounted twice"},
        Mutant{"mountPoint: /boot\n", "mountPoint: boot\n", "mountPoint: boot", "must be a mount path"},
        Mutant{"mountPoint: /boot\n", "mountPoint: /bo,ot\n", "mountPoint: /bo,ot", "must be a mount path"},
        Mutant{"mountPoint: /boot\n", "mountPoint: /bo:ot\n", "mountPoint: /bo:ot", "must be a mount path"},
        Mutant{"mountPoint: /boot\n", "mountPoint: /bo ot\n", "mountPoint: /bo ot", "must be a mount path"},
        Mutant{"mountPoint: /boot\n", "mountPoint: /a/../boot\n", "mountPoint: /a/..", "must be a mount path"},
        Mutant{"options: umask=0077", "options: umask=0077, ro", "options: umask", "must be mount options"},
        Mutant{"    type: ext4\n    mountPoint: /boot\n", "    mountPoint: /boot\n", "mountPoint: /boot\n",
               "needs 'storage.filesystems[1].type'"},
        Mutant{"type: btrfs\n", "type: ext4\n", "    btrfs:", "needs 'storage.filesystems[3].type: btrfs'"},
        Mutant{"path: var\n", "path: /var\n", "- path: /var", "must be a subvolume's path"},
        Mutant{"path: home", "path: ../home", "- path: ../home", "must be a subvolume's path"},
        Mutant{"path: home", "path: home/", "- path: home/", "must be a subvolume's path"},
        Mutant{"path: home", "path: var", "- path: var\n        mountPoint: /home", "is given twice"},
        Mutant{"options: noatime", "options: noatime,subvol=x", "options: noatime,", "must not hold 'subvol=x'"},
        Mutant{"options: noatime", "options: subvolid=5", "options: subvolid", "must not hold 'subvolid=5'"},
        Mutant{"path: /var/log", "path: /", "          path: /\n", "is mounted twice"},
        Mutant{"path: /var\n          options", "path: /var/log/x\n          options",
               "        mountPoint:\n          path: /var/log\n", "is mounted around it"},
        Mutant{"referencedLimit: 1G", "referencedLimit: lots", "referencedLimit", "must be a size"},
        Mutant{"referencedLimit: 1G", "referencedLimit: 0G", "referencedLimit", "must be a size"},
        Mutant{"options: defaults,ro", "options: defaults", "    mountPoint:\n      path: /\n", "must hold 'ro'"},
        Mutant{"      options: defaults,ro\n", "", "    mountPoint:\n      path: /\n", "must hold 'ro'"},
        Mutant{"options: defaults,ro", "options: errors=remount-ro", "    mountPoint:\n      path: /\n",
               "must hold 'ro'"},
        Mutant{"options: defaults,ro", "options: ro\n      idType: uuid", "idType: uuid", "takes no 'idType'"},
        Mutant{"path: /\n", "path: /opt\n", "    mountPoint:\n      path: /opt", "must be mounted at '/' or '/usr'"},
        Mutant{"path: /\n", "path: /usr\n", "name: root", "must be named 'usr'"},
        Mutant{"name: root", "name: usr", "name: usr", "must be named 'root'"},
        Mutant{"name: root", "name: var", "name: var", "must be root or usr"},
        Mutant{"  - deviceId: verityroot\n    type: ext4\n    mountPoint:\n      path: /\n      options: defaults,ro\n",
               "", "- id: verityroot", "must be mounted at '/' or '/usr'"},
        Mutant{"dataDeviceId: root", "dataDeviceId: rot", "dataDeviceId", "names no partition: 'rot'"},
        Mutant{"dataDeviceId: root", "dataDeviceId: boot", "deviceId: boot", "is used twice"},
        Mutant{"    dataDeviceId: root\n", "", "- id: verityroot", "needs 'dataDeviceId' or 'dataDevice'"},
        Mutant{"    hashDeviceId: roothash\n", "", "- id: verityroot", "needs 'hashDeviceId' or 'hashDevice'"},
        Mutant{"hashDeviceId: roothash", "hashDevice: {idType: part-label, id: h}",
               "hashDevice:", "can't stand beside 'storage.disks'"},
        Mutant{"hashDeviceId: roothash", "hashDevice: {idType: part-label, id: h}",
               "hashDevice:", "has both 'dataDeviceId' and 'hashDevice'"},
        Mutant{"dataDeviceId: root", "dataDeviceId: root\n    dataDevice: {idType: uuid, id: x}",
               "    dataDevice:", "has both 'dataDeviceId' and 'dataDevice'"},
        Mutant{"      label: hashes\n", "", "hashDeviceMountIdType", "needs a label on partition 'roothash'"},
        Mutant{"corruptionOption: panic", "corruptionOption: reboot", "corruptionOption", "must be io-error"},
        Mutant{"mode: create", "mode: passthrough", "resetType: hard", "can't stand beside 'os.uki.mode: passthrough'"},
        Mutant{"mode: create", "mode: passthrough", "  verity:", "can't stand beside 'os.uki.mode: passthrough'"},
        Mutant{"mode: create", "mode: modify", "resetType: hard", "can't stand beside 'os.uki.mode: modify'"},
        Mutant{"mode: create", "mode: modify", "  verity:", "can't stand beside 'os.uki.mode: modify'"},
        Mutant{"mode: create", "mode: passthrough\n  selinux: {mode: enforcing}",
               "selinux:", "'os.selinux.mode' can't stand beside"},
        Mutant{"mode: create", "mode: passthrough\n  kernelCommandLine: {extraCommandLine: [quiet]}",
               "extraCommandLine", "can't stand beside"},
        Mutant{"mode: create",
               "mode: modify\n  overlays:\n  - {mountPoint: /a, lowerDirs: [/a], upperDir: /u, workDir: /w}",
               "overlays:", "'os.overlays' can't stand beside"},
        Mutant{"bootType: efi", "bootType: efi\n  reinitializeVerity: some", "reinitializeVerity",
               "must be none or all"},
        Mutant{"bootType: efi", "bootType: bios", "bootType", "must be efi or legacy"},
        Mutant{"    partitions:\n    - id: esp", "    partition:\n    - id: esp", "    partition:", "unknown key"},
        Mutant{"previewFeatures: [btrfs", "previewFeatures: [btfrs", "previewFeatures", "must be uki"}));

// ---- the base image's own layout -------------------------------------------------------------------------------

constexpr std::string_view kSystem = R"(input:
  image:
    path: base.qcow2
storage:
  resetPartitionsUuidsType: reset-all
  reinitializeVerity: all
  verity:
  - id: verityusr
    name: usr
    dataDevice:
      idType: part-label
      id: usr
    hashDevice:
      idType: part-uuid
      id: 4d21b016-b534-45c2-a9fb-5c16e091fd2d
os:
  hostname: node-1
  bootloader:
    resetType: hard-reset
  selinux:
    mode: force-enforcing
  kernelCommandLine:
    extraCommandLine:
    - console=ttyS0
  packages:
    updateExistingPackages: true
    snapshotTime: 2026-06-01T00:00:00Z
    remove: [nano]
    install: [jq]
    update: [openssl]
    removePackageManager: true
  groups:
  - name: operators
    gid: 2000
  - name: auditors
    gid: 2001
  users:
  - name: admin
    uid: 2000
    password:
      type: hashed
      value: $6$salt$hash
    passwordExpiresDays: 90
    homeDirectory: /srv/admin
    startupCommand: /bin/bash
  - name: guest
    uid: 2001
    password:
      type: locked
  modules:
  - name: vfio
    loadMode: always
    options:
      enable_unsafe_noiommu_mode: Y
  - name: floppy
    loadMode: disable
  overlays:
  - mountPoint: /etc
    lowerDirs: [/etc]
    upperDir: /var/overlays/etc/upper
    workDir: /var/overlays/etc/work
    mountDependencies: [/var]
    mountOptions: noatime
  - mountPoint: /media
    lowerDirs: [/media, /home]
    upperDir: /overlays/media/upper
    workDir: /overlays/media/work
  additionalFiles:
  - destination: /etc/motd
    content: hello
    permissions: "0644"
  additionalDirs:
  - source: dirs/a
    destination: /opt
    newDirPermissions: 755
  services:
    enable: [sshd]
  imageHistory: none
  fips: {mode: enabled}
  cgroup: {version: v2}
  lockdown: integrity
  ipe: {mode: enforcing}
  sysctls:
    net.ipv4.ip_forward: 1
  firewall:
    incoming: drop
    allow:
    - protocol: tcp
      ports: [22, 8000-8010]
      from: 10.0.0.0/8
scripts:
  postCustomization:
  - content: echo hello
    interpreter: /bin/bash
    environmentVariables:
      FRUIT: banana
  finalizeCustomization:
  - path: scripts/last.sh
iso:
  initramfsType: bootstrap
  kdumpBootFiles: keep
  additionalFiles:
  - source: files/a
    destination: /a.txt
pxe:
  initramfsType: bootstrap
  bootstrapBaseUrl: http://192.0.2.1/images
output:
  image:
    path: out/image.cosi
    format: raw
    cosi:
      compression:
        level: 19
  artifacts:
    items: [ukis, shim]
    path: out/artifacts
  selinuxPolicyPath: out/policy
previewFeatures:
- reinitialize-verity
- kdump-boot-files
)";

class SystemMutant : public testing::TestWithParam<Mutant> {};

TEST(Mutants, TheSystemRecipeItselfIsGood) { EXPECT_EQ(render_findings("good", errors_of(kSystem)), ""); }

TEST_P(SystemMutant, IsRefusedOnItsLine) { expect_refused(kSystem, GetParam()); }

INSTANTIATE_TEST_SUITE_P(
    Rules, SystemMutant,
    testing::Values(
        Mutant{"    path: base.qcow2", "    path: base.qcow2\n    oci: {uri: registry.example.org/a:1}",
               "oci:", "has both 'path' and 'oci'"},
        Mutant{"    path: base.qcow2", "    azureLinux: {variant: minimal-os, version: three}", "azureLinux",
               "must be an Azure Linux version"},
        Mutant{"    path: base.qcow2", "    azureLinux: {variant: Minimal, version: 3.0}", "azureLinux",
               "must be an image variant"},
        Mutant{"    path: base.qcow2", "    azureLinux: {variant: minimal-os}", "azureLinux", "needs 'version'"},
        Mutant{"    path: base.qcow2", "    oci: {uri: nowhere}", "oci:", "must be an OCI reference"},
        Mutant{"    path: base.qcow2", "    oci: {uri: r.example.org/a, platform: linux/amd64/v2}",
               "oci:", "must be a platform"},
        Mutant{"    path: base.qcow2", "    {}", "  image:", "needs 'path', 'oci' or 'azureLinux'"},
        Mutant{"resetType: hard-reset", "resetType: soft-reset", "resetType: soft", "must be hard-reset"},
        Mutant{"  bootloader:\n    resetType: hard-reset\n", "", "resetPartitionsUuidsType",
               "needs 'os.bootloader.resetType'"},
        Mutant{"reset-all", "reset-some", "resetPartitionsUuidsType", "must be reset-all"},
        Mutant{"resetPartitionsUuidsType: reset-all", "bootType: efi", "bootType", "needs 'storage.disks'"},
        Mutant{"resetPartitionsUuidsType: reset-all", "filesystems: [{deviceId: x, type: ext4}]", "filesystems",
               "needs 'storage.disks'"},
        Mutant{"resetPartitionsUuidsType: reset-all", "disks: []", "disks", "needs at least one item"},
        Mutant{"    dataDevice:\n      idType: part-label\n      id: usr\n", "    dataDeviceId: usr\n", "dataDeviceId",
               "needs 'storage.disks'"},
        Mutant{"    dataDevice:\n      idType: part-label\n      id: usr\n", "    dataDeviceId: usr\n",
               "    hashDevice:", "has both"},
        Mutant{"idType: part-label", "idType: label", "idType: label", "must be uuid, part-uuid or part-label"},
        Mutant{"      id: usr\n", "", "dataDevice:", "needs 'id'"},
        Mutant{"hostname: node-1", "hostname: node_1", "hostname", "must be a host name"},
        Mutant{"mode: force-enforcing", "mode: enforced", "mode: enforced", "must be disabled"},
        Mutant{"- console=ttyS0", "- console=\"ttyS0", "- console=", "unclosed quote"},
        Mutant{"- console=ttyS0", "- ''", "- ''", "must be a kernel argument"},
        Mutant{"snapshotTime: 2026-06-01T00:00:00Z", "snapshotTime: yesterday", "snapshotTime",
               "must be a date or time"},
        Mutant{"snapshotTime: 2026-06-01T00:00:00Z", "snapshotTime: 2026-06-31T25:00:00Z", "snapshotTime",
               "must be a date or time"},
        Mutant{"updateExistingPackages: true", "updateExistingPackages: \"true\"", "updateExistingPackages",
               "must be true or false"},
        Mutant{"remove: [nano]", "remove: [\"na no\"]", "remove:", "must be a package name"},
        Mutant{"install: [jq]", "install: jq", "install: jq", "must be a list"},
        Mutant{"update: [openssl]", "update: [{name: openssl}]", "update:", "must be a package name"},
        Mutant{"gid: 2001", "gid: 2000", "gid: 2000\n  users", "gid 2000 is given twice"},
        Mutant{"gid: 2001", "gid: 60001", "gid: 60001", "between 0 and 60000"},
        Mutant{"gid: 2001", "gid: -1", "gid: -1", "between 0 and 60000"},
        Mutant{"gid: 2001", "gid: \"2001\"", "gid: \"2001\"", "must be a whole number"},
        Mutant{"name: auditors", "name: operators", "gid: 2001", "has another gid already"},
        Mutant{"name: auditors", "name: 0ditors", "name: 0ditors", "a user or group name"},
        Mutant{"uid: 2001", "uid: 2000", "uid: 2000\n    password:\n      type: locked", "uid 2000 is given twice"},
        Mutant{"type: locked", "type: locked\n      value: x", "value: x", "can't stand beside"},
        Mutant{"type: locked", "type: plain-text", "type: plain-text", "needs 'os.users[1].password.value'"},
        Mutant{"type: locked", "type: open", "type: open", "must be locked, plain-text"},
        Mutant{"      value: $6$salt$hash\n", "", "type: hashed", "needs 'os.users[0].password.value'"},
        Mutant{"value: $6$salt$hash", "value: \"a:b\"", "value: \"a:b\"", "is no password hash"},
        Mutant{"passwordExpiresDays: 90", "passwordExpiresDays: -2", "passwordExpiresDays", "between -1 and 99999"},
        Mutant{"homeDirectory: /srv/admin", "homeDirectory: srv/admin", "homeDirectory", "an absolute path"},
        Mutant{"homeDirectory: /srv/admin", "homeDirectory: /srv:admin", "homeDirectory", "must not hold a colon"},
        Mutant{"startupCommand: /bin/bash", "startupCommand: bash", "startupCommand", "an absolute path"},
        Mutant{"name: floppy", "name: vfio", "name: vfio\n    loadMode: disable", "module 'vfio' is given twice"},
        Mutant{"name: floppy", "name: flop py", "name: flop py", "a kernel module's name"},
        Mutant{"loadMode: disable", "loadMode: disable\n    options: {a: b}", "options: {a: b}", "can't stand beside"},
        Mutant{"loadMode: always", "loadMode: sometimes", "loadMode: sometimes", "must be always, auto"},
        Mutant{"enable_unsafe_noiommu_mode: Y", "enable_unsafe_noiommu_mode: Y N", "enable_unsafe", "must be a word"},
        Mutant{"enable_unsafe_noiommu_mode: Y", "enable unsafe: Y", "enable unsafe", "a kernel module's name"},
        Mutant{"enable_unsafe_noiommu_mode: Y", "enable_unsafe_noiommu_mode:", "enable_unsafe", "must be a word"},
        Mutant{"mountPoint: /media", "mountPoint: /etc", "- mountPoint: /etc\n    lowerDirs: [/media",
               "is used by two overlays"},
        Mutant{"upperDir: /overlays/media/upper", "upperDir: /var/overlays/etc/upper",
               "upperDir: /var/overlays/etc/upper\n    workDir: /overlays", "is used by two overlays"},
        Mutant{"workDir: /overlays/media/work", "workDir: /var/overlays/etc/work/", "workDir: /var/overlays/etc/work/",
               "is used by two overlays"},
        Mutant{"workDir: /overlays/media/work", "workDir: /overlays/media/upper", "workDir: /overlays/media/upper",
               "must be two folders"},
        Mutant{"workDir: /overlays/media/work", "workDir: /overlays/media/upper/work",
               "workDir: /overlays/media/upper/work", "must not lie inside each other"},
        Mutant{"upperDir: /overlays/media/upper", "upperDir: /overlays/media/work/upper",
               "workDir: /overlays/media/work", "must not lie inside each other"},
        Mutant{"upperDir: /overlays/media/upper", "upperDir: overlays", "upperDir: overlays", "must be a mount path"},
        Mutant{"lowerDirs: [/media, /home]", "lowerDirs: ['/media:x']", "lowerDirs: ['/media", "must be a mount path"},
        Mutant{"lowerDirs: [/media, /home]", "lowerDirs: []", "lowerDirs: []", "needs at least one item"},
        Mutant{"mountDependencies: [/var]", "mountDependencies: [var]", "mountDependencies", "must be a mount path"},
        Mutant{"mountOptions: noatime", "mountOptions: no atime", "mountOptions", "must be mount options"},
        Mutant{"    content: hello\n", "", "- destination: /etc/motd", "needs 'source' or 'content'"},
        Mutant{"    content: hello\n", "    content: hello\n    source: a\n", "content: hello", "has both"},
        Mutant{"destination: /etc/motd", "destination: etc/motd", "destination: etc", "an absolute path"},
        Mutant{"destination: /etc/motd", "destination: /etc/", "destination: /etc/", "must name a file"},
        Mutant{"permissions: \"0644\"", "permissions: \"1644\"", "permissions", "octal permissions"},
        Mutant{"permissions: \"0644\"", "permissions: \"0648\"", "permissions", "octal permissions"},
        Mutant{"newDirPermissions: 755", "newDirPermissions: rwx", "newDirPermissions", "octal permissions"},
        Mutant{"  - source: dirs/a\n    destination: /opt\n", "  - source: dirs/a\n", "- source: dirs/a",
               "needs 'destination'"},
        Mutant{"enable: [sshd]", "enable: [\"ssh d\"]", "enable:", "a systemd unit's name"},
        Mutant{"imageHistory: none", "imageHistory: full", "imageHistory", "must be none"},
        Mutant{"fips: {mode: enabled}", "fips: {mode: on}", "fips:", "must be disabled or enabled"},
        Mutant{"fips: {mode: enabled}", "fips: {}", "fips:", "needs 'mode'"},
        Mutant{"cgroup: {version: v2}", "cgroup: {version: 2}", "cgroup:", "must be v1 or v2"},
        Mutant{"lockdown: integrity", "lockdown: total", "lockdown", "must be none, integrity"},
        Mutant{"ipe: {mode: enforcing}", "ipe: enforcing", "ipe:", "must be a map"},
        Mutant{"net.ipv4.ip_forward: 1", "net..ip: 1", "net..ip", "a kernel setting's name"},
        Mutant{"net.ipv4.ip_forward: 1", "net.ipv4.ip_forward: [1]", "net.ipv4", "must be a text"},
        Mutant{"protocol: tcp", "protocol: icmp", "ports:", "can't stand beside"},
        Mutant{"protocol: tcp", "protocol: sctp", "protocol: sctp", "must be tcp, udp or icmp"},
        Mutant{"ports: [22, 8000-8010]", "ports: [22, 8010-8000]", "ports:", "a port or a range of ports"},
        Mutant{"ports: [22, 8000-8010]", "ports: [70000]", "ports:", "a port or a range of ports"},
        Mutant{"from: 10.0.0.0/8", "from: 10.0.0.0/40", "from:", "an address or a network"},
        Mutant{"- content: echo hello", "- name: nothing", "- name: nothing", "needs 'path' or 'content'"},
        Mutant{"- content: echo hello", "- content: ''", "- content: ''", "a text that is not empty"},
        Mutant{"- content: echo hello", "- content: echo\n    path: x.sh", "- content: echo", "has both"},
        Mutant{"FRUIT: banana", "BAD NAME: banana", "BAD NAME", "a variable's name"},
        Mutant{"FRUIT: banana", "FRUIT: {a: b}", "FRUIT", "must be a text"},
        Mutant{"initramfsType: bootstrap\n  kdump", "initramfsType: small\n  kdump", "initramfsType: small",
               "must be bootstrap or full-os"},
        Mutant{"kdumpBootFiles: keep", "kdumpBootFiles: all", "kdumpBootFiles", "must be none or keep"},
        Mutant{"initramfsType: bootstrap\n  bootstrapBaseUrl", "initramfsType: full-os\n  bootstrapBaseUrl",
               "bootstrapBaseUrl", "can't stand beside 'pxe.initramfsType: full-os'"},
        Mutant{"bootstrapBaseUrl: http://192.0.2.1/images",
               "bootstrapBaseUrl: http://192.0.2.1/i\n  bootstrapFileUrl: tftp://192.0.2.1/i.iso", "bootstrapFileUrl",
               "has both 'bootstrapBaseUrl' and 'bootstrapFileUrl'"},
        Mutant{"http://192.0.2.1/images", "gopher://192.0.2.1/images", "bootstrapBaseUrl", "must be a boot URL"},
        Mutant{"format: raw", "format: vmdk2", "format: vmdk2", "must be raw, qcow2"},
        Mutant{"format: raw", "format: cosi", "removePackageManager", "can't be used with the output format 'cosi'"},
        Mutant{"path: base.qcow2", "path: base.iso", "resetPartitionsUuidsType", "with an ISO as the base image"},
        Mutant{"level: 19", "level: 23", "level: 23", "between 1 and 22"},
        Mutant{"level: 19", "level: 0", "level: 0", "between 1 and 22"},
        Mutant{"level: 19", "level: 9999999999999999999999", "level: 9", "must be a whole number"},
        Mutant{"items: [ukis, shim]", "items: [kernel]", "items:", "must be ukis, shim"},
        Mutant{"items: [ukis, shim]", "items: []", "items:", "needs at least one item"},
        Mutant{"    path: out/artifacts\n", "", "artifacts:", "needs 'path'"},
        Mutant{"selinuxPolicyPath: out/policy", "selinuxPolicyPath: ''", "selinuxPolicyPath", "a file's path"},
        Mutant{"os:\n", "operating: x\nos:\n", "operating", "unknown key"},
        Mutant{"hostname: node-1", "hostname: node-1\n  hostname: node-2", "hostname: node-2", "duplicate key"},
        Mutant{"hostname: node-1", "hostname: node-1\n  rootDevice: /dev/sda1", "rootDevice", "unknown key"},
        Mutant{"- kdump-boot-files", "- kdump", "- kdump", "must be uki"}));

}  // namespace
}  // namespace keelson::recipe
