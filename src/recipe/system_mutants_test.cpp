// Mutants of a recipe that changes an image and uses everything but a new disk.
#include "recipe/mutants.h"

namespace keelson::recipe {
namespace {

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
  hardening:
    kernel: strict
    mounts: default
    coreDumps: disabled
    accounts: closed
    blockedModules: [udf]
    modulesDisabled: after-boot
    setuidPrograms: {mode: none, except: [/usr/bin/su]}
  ipe: {mode: enforcing}
  secureBoot:
    key: "pkcs11:object=db"
    pcrKey: "pkcs11:object=pcr"
    certificate: files/a
    enroll: {keys: dirs/a, mode: if-safe}
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

TEST(SystemMutants, TheSystemRecipeItselfIsGood) { EXPECT_EQ(render_findings("good", errors_of(kSystem)), ""); }

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
        Mutant{"- console=ttyS0", "- lockdown=none", "lockdown=none", "contradicts 'os.lockdown: integrity'"},
        Mutant{"- console=ttyS0", "- fips=0", "fips=0", "contradicts 'os.fips.mode: enabled'"},
        Mutant{"- console=ttyS0", "- quiet fips", "quiet fips", "argument 'fips' contradicts 'os.fips.mode: enabled'"},
        Mutant{"- console=ttyS0", "- systemd.unified_cgroup_hierarchy=no", "hierarchy=no",
               "contradicts 'os.cgroup.version: v2'"},
        Mutant{"kernel: strict", "kernel: paranoid", "kernel: paranoid", "must be none, default or strict"},
        Mutant{"mounts: default", "mounts: [default]", "mounts:", "must be a text"},
        Mutant{"coreDumps: disabled", "coreDumps: off", "coreDumps", "must be enabled or disabled"},
        Mutant{"accounts: closed", "accounts: open", "accounts", "must be none or closed"},
        Mutant{"blockedModules: [udf]", "blockedModules: [\"u df\"]", "blockedModules", "module"},
        Mutant{"modulesDisabled: after-boot", "modulesDisabled: yes", "modulesDisabled", "must be never or after-boot"},
        Mutant{"setuidPrograms: {mode: none, ", "setuidPrograms: {", "setuidPrograms", "needs 'mode'"},
        Mutant{"except: [/usr/bin/su]", "except: [su]", "setuidPrograms", "absolute path"},
        Mutant{"- console=ttyS0", "- nokaslr", "nokaslr", "contradicts 'os.hardening.kernel: strict'"},
        Mutant{"ipe: {mode: enforcing}", "ipe: enforcing", "ipe:", "must be a map"},
        Mutant{"ipe: {mode: enforcing}", "ipe: {mode: disabled, policy: files/a}", "ipe:", "needs 'os.ipe.mode' to be"},
        Mutant{"- console=ttyS0", "- ipe.enforce=0", "ipe.enforce=0", "contradicts 'os.ipe.mode: enforcing'"},
        Mutant{"object=db\"", "object=db?pin-value=1\"", "key: \"pkcs11", "a PIN does not belong into a recipe"},
        Mutant{"object=pcr\"", "object=pcr?pin-value=1\"", "pcrKey: \"pkcs11", "a PIN does not belong into a recipe"},
        Mutant{"    certificate: files/a\n", "", "secureBoot:", "needs 'certificate'"},
        Mutant{"mode: if-safe", "mode: always", "enroll:", "must be manual, if-safe or force"},
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
        Mutant{"items: [ukis, shim]", "items: [kernel]", "items:", "must be ukis, uki-addons, shim"},
        Mutant{"items: [ukis, shim]", "items: []", "items:", "needs at least one item"},
        Mutant{"    path: out/artifacts\n", "", "artifacts:", "needs 'path'"},
        Mutant{"selinuxPolicyPath: out/policy", "selinuxPolicyPath: ''", "selinuxPolicyPath", "a file's path"},
        Mutant{"os:\n", "operating: x\nos:\n", "operating", "unknown key"},
        Mutant{"hostname: node-1", "hostname: node-1\n  hostname: node-2", "hostname: node-2", "duplicate key"},
        Mutant{"hostname: node-1", "hostname: node-1\n  rootDevice: /dev/sda1", "rootDevice", "unknown key"},
        Mutant{"- kdump-boot-files", "- kdump", "- kdump", "must be uki"}));

}  // namespace
}  // namespace keelson::recipe
