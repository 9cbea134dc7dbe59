#include "recipe/migrate.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace keelson::recipe {

namespace {

/// Migrates, and expects that nothing is left to do.
std::string migrated(const std::string& text) {
  const Migration result = migrate(text, "old.yaml");
  EXPECT_TRUE(result.complete()) << render_notes("old.yaml", result.notes) << render_findings("new", result.findings)
                                 << result.yaml;
  return result.yaml;
}

bool told(const Migration& migration, MigrationNote::Kind kind, std::string_view was) {
  for (const auto& note : migration.notes) {
    if (note.kind == kind && note.was.find(was) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST(Migrate, TodaysFormStaysAsItIsWithoutANote) {
  const std::string text =
      "storage:\n  bootType: efi\n  disks:\n  - partitions:\n    - id: esp\n      type: esp\n      start: 1M\n"
      "      end: 9M\n    - id: root\n      start: 9M\n      size: grow\n    maxSize: 4G\n  filesystems:\n  - "
      "deviceId: esp\n"
      "    type: fat32\n    mountPoint: /boot/efi\n  - deviceId: root\n    type: ext4\n    mountPoint: /\n"
      "os:\n  bootloader:\n    resetType: hard-reset\n  additionalFiles:\n  - content: \"#x\"\n    destination: "
      "/etc/x\n"
      "    permissions: \"0600\"\n";
  const Migration result = migrate(text, "old.yaml");
  EXPECT_EQ(result.yaml, text);
  EXPECT_TRUE(result.notes.empty()) << render_notes("old.yaml", result.notes);
  EXPECT_TRUE(result.complete());
}

TEST(Migrate, TheFirstVersionsCapitalsAndSectionBecomeTodays) {
  EXPECT_EQ(
      migrated("SystemConfig:\n  Hostname: a\n  PackagesInstall: [vim]\n  PackageListsInstall: [l.yaml]\n"
               "  UpdateBaseImagePackages: true\n  AdditionalFiles:\n    files/A.txt: /etc/A\n"
               "    b: [{Path: /b, Permissions: \"664\"}, /c]\n"),
      "os:\n  hostname: a\n  additionalFiles:\n  - source: files/A.txt\n    destination: /etc/A\n  - source: b\n"
      "    destination: /b\n    permissions: \"664\"\n  - source: b\n    destination: /c\n"
      "  packages:\n    updateExistingPackages: true\n    installLists:\n    - l.yaml\n    install:\n    - vim\n");
}

TEST(Migrate, AKeyThatOnlyLostItsCapitalHasANoteAndOneThatMovedHasNoSecondOne) {
  const Migration result = migrate("SystemConfig:\n  Hostname: a\n  PackagesInstall: [vim]\n", "old.yaml");
  ASSERT_EQ(result.notes.size(), 3U) << render_notes("old.yaml", result.notes);
  EXPECT_EQ(result.notes[1].was, "systemConfig.Hostname");
  EXPECT_EQ(result.notes[2].is, "os.packages.install");
}

TEST(Migrate, TheFirstFormOfALayoutBecomesStorage) {
  EXPECT_EQ(
      migrated("disks:\n- partitionTableType: gpt\n  maxSize: 4096\n  partitions:\n"
               "  - {id: esp, flags: [esp, boot], start: 1, end: 9, fsType: fat32}\n"
               "  - {id: rootfs, name: rootfs, start: 9, fsType: ext4}\n"
               "systemConfig:\n  bootType: efi\n  partitionSettings:\n"
               "  - {id: esp, mountPoint: /boot/efi, mountOptions: umask=0077}\n"
               "  - {id: rootfs, mountPoint: /, mountIdentifier: partlabel}\n"),
      "storage:\n  disks:\n  - partitionTableType: gpt\n    maxSize: 4096M\n    partitions:\n    - id: esp\n"
      "      start: 1M\n      end: 9M\n      type: esp\n    - id: rootfs\n      label: rootfs\n      start: 9M\n"
      "  bootType: efi\n  filesystems:\n  - deviceId: esp\n    type: fat32\n    mountPoint:\n      path: /boot/efi\n"
      "      options: umask=0077\n  - deviceId: rootfs\n    type: ext4\n    mountPoint:\n      path: /\n"
      "      idType: part-label\n"
      "os:\n  bootloader:\n    resetType: hard-reset\n");
}

TEST(Migrate, MountPointsAndFlatFileSystemsGetASectionForTheMount) {
  const std::string disk =
      "  bootType: efi\n  disks: [{maxSize: 1G, partitions: [{id: esp, type: esp, start: 1M, end: 9M}, {id: r, start: "
      "9M}]}]\n";
  const std::string os = "os: {resetBootLoaderType: hard-reset}\n";
  const std::string want =
      "  filesystems:\n  - deviceId: esp\n    type: vfat\n    mountPoint:\n      path: /boot/efi\n  - deviceId: r\n"
      "    type: ext4\n    mountPoint:\n      path: /\n      options: noatime\n      idType: uuid\n";
  const std::string flat =
      migrated("storage:\n" + disk +
               "  fileSystems:\n  - {deviceId: esp, fsType: vfat, path: /boot/efi}\n"
               "  - {deviceId: r, fileSystemType: ext4, path: /, options: noatime, mountIdentifierType: uuid}\n" +
               os);
  const std::string mounts =
      migrated("storage:\n" + disk +
               "  mountPoints:\n  - {id: esp, fsType: vfat, path: /boot/efi}\n"
               "  - {id: r, fsType: ext4, path: /, options: noatime, mountIdentifierType: uuid}\n" +
               os);
  EXPECT_NE(flat.find(want), std::string::npos) << flat;
  EXPECT_EQ(flat, mounts);
}

TEST(Migrate, UkiKernelsBecomeAModeAndThePreviewIsNamed) {
  EXPECT_EQ(migrated("os:\n  uki:\n    kernels: auto\n"), "previewFeatures:\n- uki\nos:\n  uki:\n    mode: create\n");
  EXPECT_EQ(migrated("previewFeatures: [uki]\nos: {uki: true}\n"),
            "previewFeatures:\n- uki\nos:\n  uki:\n    mode: create\n");
  const Migration some = migrate("os: {uki: {kernels: [6.6.51.1-5.azl3]}}\n", "old.yaml");
  EXPECT_TRUE(told(some, MigrationNote::Kind::NeedsHand, "os.uki.kernels"));
}

TEST(Migrate, SelinuxComesFromAllItsOldPlaces) {
  const std::string want = "os:\n  selinux:\n    mode: force-enforcing\n";
  EXPECT_EQ(migrated("os: {kernelCommandLine: {selinuxMode: force-enforcing}}\n"), want);
  EXPECT_EQ(migrated("SystemConfig: {KernelCommandLine: {SELinux: force_enforcing}}\n"), want);
  EXPECT_EQ(migrated("os: {selinux: forceEnforcing}\n"), want);
}

TEST(Migrate, ACommandLineIsSplitAndQuotesHoldWordsTogether) {
  EXPECT_EQ(migrated("os: {kernelCommandLine: {extraCommandLine: 'a=1  b=\"c d\" e'}}\n"),
            "os:\n  kernelCommandLine:\n    extraCommandLine:\n    - a=1\n    - b=\"c d\"\n    - e\n");
  EXPECT_EQ(migrated("iso: {kernelExtraCommandLine: rd.info}\n"),
            "iso:\n  kernelCommandLine:\n    extraCommandLine:\n    - rd.info\n");
}

TEST(Migrate, ScriptsMoveAndTheirArgumentsBecomeAList) {
  EXPECT_EQ(migrated("os:\n  postInstallScripts: [{path: a.sh, args: -x 1}]\n  finalizeImageScripts: [{path: b.sh}]\n"),
            "scripts:\n  postCustomization:\n  - path: a.sh\n    arguments:\n    - -x\n    - \"1\"\n"
            "  finalizeCustomization:\n  - path: b.sh\n");
}

TEST(Migrate, PasswordsSayTheirKindAndNoNoteHoldsOne) {
  const Migration result = migrate(
      "os:\n  users:\n  - {name: a, password: hunter2, passwordHashed: false}\n"
      "  - {name: b, passwordPath: b.hash, passwordHashed: true}\n"
      "  - {name: c, password: $6$x, passwordHashed: true, sshPubKeyPaths: [c.pub]}\n",
      "old.yaml");
  EXPECT_EQ(
      result.yaml,
      "os:\n  users:\n  - name: a\n    password:\n      type: plain-text\n      value: hunter2\n  - name: b\n"
      "    password:\n      type: hashed-file\n      value: b.hash\n  - name: c\n    sshPublicKeyPaths:\n    - c.pub\n"
      "    password:\n      type: hashed\n      value: $6$x\n");
  EXPECT_TRUE(result.complete());
  EXPECT_EQ(notes_json("f", result.notes).find("hunter2"), std::string::npos);
}

TEST(Migrate, ServicesAndModulesAreListsOfNames) {
  EXPECT_EQ(migrated("os:\n  services: {enable: [{name: sshd}], disable: [{name: x}]}\n"
                     "  modules: {load: [{name: vfio}], disable: [{name: mousedev}]}\n"),
            "os:\n  services:\n    enable:\n    - sshd\n    disable:\n    - x\n  modules:\n  - name: vfio\n"
            "    loadMode: always\n  - name: mousedev\n    loadMode: disable\n");
}

TEST(Migrate, VerityBelowOsBecomesAListBelowStorage) {
  const Migration result = migrate(
      "os:\n  verity:\n    dataPartition: {idType: partLabel, id: root}\n"
      "    hashPartition: {idType: part-uuid, id: 4a1f0a3e-6a4b-4a35-8f0e-0d7a5b3c2d1e}\n"
      "    corruptionOption: panic\n",
      "old.yaml");
  EXPECT_EQ(result.yaml,
            "storage:\n  verity:\n  - id: verityroot\n    name: root\n    dataDevice:\n      idType: part-label\n"
            "      id: root\n    hashDevice:\n      idType: part-uuid\n      id: 4a1f0a3e-6a4b-4a35-8f0e-0d7a5b3c2d1e\n"
            "    corruptionOption: panic\n");
  EXPECT_TRUE(result.complete()) << render_findings("new", result.findings);
}

TEST(Migrate, AnOldOverlayIsCarriedOverAndLeftToAPerson) {
  const Migration result =
      migrate("os: {overlays: [{lowerDir: /etc, upperDir: /up, workDir: /work, partition: {idType: uuid, id: x}}]}\n",
              "old.yaml");
  EXPECT_EQ(
      result.yaml,
      "os:\n  overlays:\n  - mountPoint: /etc\n    lowerDirs:\n    - /etc\n    upperDir: /up\n    workDir: /work\n");
  EXPECT_TRUE(told(result, MigrationNote::Kind::NeedsHand, "os.overlays[0]"));
  EXPECT_TRUE(told(result, MigrationNote::Kind::Dropped, "os.overlays[0].partition"));
  EXPECT_FALSE(result.complete());
  EXPECT_EQ(
      migrated(
          "os: {overlays: [{mountPoint: /m, lowerDir: /l, upperDir: /u/u, workDir: /u/w, mountDependency: /u}]}\n"),
      "os:\n  overlays:\n  - mountPoint: /m\n    lowerDirs:\n    - /l\n    upperDir: /u/u\n    workDir: /u/w\n"
      "    mountDependencies:\n    - /u\n");
}

TEST(Migrate, AClearSlipOfThePenIsPutRight) {
  const Migration result =
      migrate("os:\n  hostnme: a\n  pakages: {instal: [vim]}\n  selinux: {mode: enforcng}\n", "old.yaml");
  EXPECT_EQ(result.yaml, "os:\n  hostname: a\n  packages:\n    install:\n    - vim\n  selinux:\n    mode: enforcing\n");
  EXPECT_TRUE(result.complete());
  ASSERT_EQ(result.notes.size(), 4U);
  EXPECT_EQ(result.notes[0].mark, (Mark{.line = 2, .column = 3}));
  EXPECT_EQ(result.notes[0].was, "os.hostnme");
  EXPECT_EQ(result.notes[0].is, "os.hostname");
}

TEST(Migrate, AKeyThatNoneOrTwoAreNearToIsKeptAndLeftToAPerson) {
  const Migration none = migrate("os:\n  xyzzy: 1\n", "old.yaml");
  EXPECT_EQ(none.yaml, "os:\n  xyzzy: 1\n");
  EXPECT_TRUE(told(none, MigrationNote::Kind::NeedsHand, "os.xyzzy"));
  EXPECT_FALSE(none.complete());
  // One letter from each of two keys, dataDevice and dataDeviceId's neighbours: which was meant?
  const Migration two = migrate("storage: {verity: [{xataDevice: {}, hashDeviceI: r}]}\n", "old.yaml");
  EXPECT_NE(two.yaml.find("dataDevice:"), std::string::npos) << two.yaml;
  EXPECT_NE(two.yaml.find("hashDeviceI:"), std::string::npos) << two.yaml;
  EXPECT_TRUE(told(two, MigrationNote::Kind::NeedsHand, "hashDeviceI"));
}

TEST(Migrate, AMisspeltKeyNeverOverwritesTheRightOne) {
  const Migration result = migrate("os: {hostname: a, hostnme: b}\n", "old.yaml");
  EXPECT_NE(result.yaml.find("hostname: a"), std::string::npos);
  EXPECT_TRUE(told(result, MigrationNote::Kind::NeedsHand, "os.hostnme"));
}

TEST(Migrate, AnOldKeyBesideTheNewOneIsLeftToAPerson) {
  const Migration result =
      migrate("os: {resetBootLoaderType: hard-reset, bootloader: {resetType: hard-reset}}\n", "old.yaml");
  EXPECT_TRUE(told(result, MigrationNote::Kind::NeedsHand, "os.resetBootLoaderType"));
  EXPECT_FALSE(result.complete());
}

TEST(Migrate, KeysOfASectionThatStandAtTheTopGoWhereTheyBelong) {
  EXPECT_EQ(migrated("hostname: a\npackages: [vim]\n"), "os:\n  hostname: a\n  packages:\n    install:\n    - vim\n");
}

TEST(Migrate, LostCommentsAreSaidOnceAndTextsWithAHashAreNoComments) {
  const Migration with = migrate("# a\nos: # b\n  hostname: a\n", "old.yaml");
  ASSERT_EQ(with.notes.size(), 1U);
  EXPECT_EQ(with.notes[0].kind, MigrationNote::Kind::Remark);
  EXPECT_TRUE(with.complete());
  const Migration without =
      migrate("scripts:\n  postCustomization:\n  - content: |\n      # no comment\n      true\n", "old.yaml");
  EXPECT_TRUE(without.notes.empty()) << render_notes("f", without.notes);
}

TEST(Migrate, PxeUrlsAndFolderPathsHaveNewNames) {
  EXPECT_EQ(migrated("pxe: {isoImageBaseUrl: \"http://192.0.2.1/a\"}\n"),
            "pxe:\n  bootstrapBaseUrl: http://192.0.2.1/a\n");
  EXPECT_EQ(migrated("os: {additionalDirs: [{sourcePath: a, destinationPath: /a}]}\n"),
            "os:\n  additionalDirs:\n  - source: a\n    destination: /a\n");
}

TEST(Migrate, WhatIsNoConfigurationIsRefusedWithItsPlace) {
  for (const std::string text : {"a: [", "- a\n", "a: 1\na: 2\n", ""}) {
    try {
      migrate(text, "old.yaml");
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::BadInput);
      EXPECT_NE(error.message().find("old.yaml"), std::string::npos);
    }
  }
}

TEST(Migrate, PreviewsThatAreOverOrHaveANewNameAreSetRight) {
  EXPECT_EQ(migrated("previewFeatures: [cosi-compression, ubuntu-22.04, fedora-42, btrfs]\n"),
            "previewFeatures:\n- preview-distro-version\n- btrfs\n");
}

TEST(Migrate, ASecondMigrationChangesNothing) {
  const std::string once = migrated(
      "SystemConfig:\n  Hostname: a\n  KernelCommandLine: {ExtraCommandLine: a b}\n"
      "  Users: [{Name: u, Password: x}]\n");
  const Migration twice = migrate(once, "old.yaml");
  EXPECT_EQ(twice.yaml, once);
  EXPECT_TRUE(twice.notes.empty()) << render_notes("f", twice.notes);
}

}  // namespace keelson::recipe
