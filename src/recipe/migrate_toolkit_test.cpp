#include <gtest/gtest.h>

#include "recipe/migrate.h"

namespace keelson::recipe {

namespace {

std::string config(const std::string& disk, const std::string& system) {
  return R"({"Disks": [{"PartitionTableType": "gpt", "MaxSize": 4096)" + disk +
         R"(, "Partitions": [{"ID": "boot", "Flags": ["esp", "boot"], "Start": 1, "End": 9, "FsType": "fat32"},
             {"ID": "rootfs", "Name": "root_fs", "Start": 9, "End": 0, "FsType": "ext4"}]}],
             "SystemConfigs": [{"Name": "Standard", "BootType": "efi", "PartitionSettings": [
             {"ID": "boot", "MountPoint": "/boot/efi", "MountOptions": "umask=0077"},
             {"ID": "rootfs", "MountPoint": "/", "MountIdentifier": "partlabel"}])" +
         system + "}]}";
}

bool dropped(const Migration& migration, std::string_view was) {
  for (const auto& note : migration.notes) {
    if (note.kind == MigrationNote::Kind::Dropped && note.was.find(was) != std::string::npos) return true;
  }
  return false;
}

std::string all_of(const Migration& migration) {
  return render_notes("old.json", migration.notes) + render_findings("new", migration.findings) + migration.yaml;
}

}  // namespace

TEST(MigrateToolkit, AnImageConfigurationBecomesAValidOne) {
  const Migration result =
      migrate(config(R"(, "Artifacts": [{"Name": "core", "Type": "vhd"}])",
                     R"(, "Hostname": "host", "PackageLists": ["lists/core.json"], "Packages": ["vim"],
                "KernelOptions": {"_comment": "x", "default": "kernel"},
                "KernelCommandLine": {"ImaPolicy": ["tcb"], "SELinux": "force_enforcing", "EnableFIPS": true,
                  "CGroup": "version_two", "ExtraCommandLine": "a=1 b=\"c d\""},
                "AdditionalFiles": {"a.cfg": "/etc/a.cfg", "b": {"Path": "/b", "Permissions": "600"}},
                "Groups": [{"Name": "g", "GID": "1500"}],
                "Users": [{"Name": "u", "UID": "1000", "PasswordHashed": true, "Password": "$6$x",
                  "PasswordExpiresDays": 90, "SSHPubKeyPaths": ["u.pub"], "SecondaryGroups": ["g"]}],
                "PostInstallScripts": [{"Path": "post.sh", "Args": "-a b"}],
                "FinalizeImageScripts": [{"Path": "final.sh"}])"),
              "old.json");
  EXPECT_EQ(result.form, OldForm::Toolkit);
  EXPECT_TRUE(result.complete()) << all_of(result);
  EXPECT_EQ(
      result.yaml,
      "storage:\n  bootType: efi\n  disks:\n  - partitionTableType: gpt\n    maxSize: 4096M\n    partitions:\n"
      "    - id: boot\n      type: esp\n      start: 1M\n      end: 9M\n    - id: rootfs\n      label: root_fs\n"
      "      start: 9M\n      size: grow\n  filesystems:\n  - deviceId: boot\n    type: fat32\n    mountPoint:\n"
      "      path: /boot/efi\n      options: umask=0077\n  - deviceId: rootfs\n    type: ext4\n    mountPoint:\n"
      "      path: /\n      idType: part-label\n"
      "os:\n  bootloader:\n    resetType: hard-reset\n  hostname: host\n  packages:\n    installLists:\n"
      "    - lists/core.json\n    install:\n    - vim\n    - kernel\n  kernelCommandLine:\n    extraCommandLine:\n"
      "    - ima_policy=tcb\n    - a=1\n    - b=\"c d\"\n  selinux:\n    mode: force-enforcing\n  fips:\n"
      "    mode: enabled\n  cgroup:\n    version: v2\n  additionalFiles:\n  - source: a.cfg\n"
      "    destination: /etc/a.cfg\n  - source: b\n    destination: /b\n    permissions: \"600\"\n  groups:\n"
      "  - name: g\n    gid: 1500\n  users:\n  - name: u\n    uid: 1000\n    password:\n      type: hashed\n"
      "      value: $6$x\n    passwordExpiresDays: 90\n    sshPublicKeyPaths:\n    - u.pub\n    secondaryGroups:\n"
      "    - g\n"
      "scripts:\n  postCustomization:\n  - path: post.sh\n    arguments:\n    - -a\n    - b\n"
      "  finalizeCustomization:\n  - path: final.sh\n"
      "output:\n  image:\n    path: core.vhd\n    format: vhd-fixed\n");
}

TEST(MigrateToolkit, WhatHasNoCounterpartIsToldAndIsNotInTheResult) {
  for (const auto& [name, json] : std::vector<std::pair<std::string, std::string>>{
           {"Encryption", R"({"Enable": true, "Password": ""})"},
           {"ReadOnlyVerityRoot", R"({"Enable": true, "TmpfsOverlays": ["/var"]})"},
           {"EnableHidepid", "true"},
           {"Networks", R"([{"BootProto": "dhcp"}])"},
           {"PackageRepos", R"([{"Name": "r"}])"},
           {"PreInstallScripts", R"([{"Path": "p.sh"}])"},
           {"IsKickStartBoot", "true"},
           {"KernelOptions", R"({"hyperv": "kernel-hyperv"})"},
           {"NoSuchKey", "1"}}) {
    const Migration result = migrate(config("", ", \"" + name + "\": " + json), "old.json");
    EXPECT_TRUE(dropped(result, name)) << name << all_of(result);
    EXPECT_FALSE(result.complete());
    EXPECT_FALSE(has_errors(result.findings)) << name << all_of(result);
  }
}

TEST(MigrateToolkit, WhatIsSwitchedOffNeedsNoNote) {
  const Migration result =
      migrate(config("", R"(, "Encryption": {"Enable": false}, "EnableHidepid": false, "Networks": [])"), "old.json");
  EXPECT_TRUE(result.complete()) << all_of(result);
}

TEST(MigrateToolkit, FurtherDisksSystemsAndArtifactsAreToldAsLost) {
  Migration result = migrate(
      R"({"SystemConfigs": [{"Name": "One"}, {"Name": "Two", "IsDefault": true, "Hostname": "two"}]})", "old.json");
  EXPECT_TRUE(dropped(result, "SystemConfigs[0] (One)")) << all_of(result);
  EXPECT_EQ(result.yaml, "os:\n  hostname: two\n");
  result = migrate(config(R"(, "Artifacts": [{"Name": "a", "Type": "raw"}, {"Name": "b", "Type": "ova"},
                             {"Name": "c", "Type": "vhdx", "Compression": "tar.gz"}])",
                          ""),
                   "old.json");
  EXPECT_TRUE(dropped(result, "ova")) << all_of(result);
  EXPECT_TRUE(dropped(result, "Artifacts[2]"));
  EXPECT_TRUE(dropped(result, "Compression"));
}

TEST(MigrateToolkit, ALegacyDiskGetsItsGrubPartition) {
  const Migration result = migrate(
      R"({"Disks": [{"PartitionTableType": "gpt", "MaxSize": 2048, "Partitions": [
          {"ID": "boot", "Flags": ["grub"], "Start": 1, "End": 9, "FsType": "fat32"},
          {"ID": "rootfs", "Start": 9, "End": 0, "FsType": "ext4"}]}],
          "SystemConfigs": [{"BootType": "legacy", "PartitionSettings": [{"ID": "boot", "MountPoint": ""},
          {"ID": "rootfs", "MountPoint": "/"}]}]})",
      "old.json");
  EXPECT_TRUE(result.complete()) << all_of(result);
  EXPECT_NE(result.yaml.find("type: bios-grub"), std::string::npos);
  EXPECT_EQ(result.yaml.find("fat32"), std::string::npos);
}

TEST(MigrateToolkit, AnEndOfZeroIsTheNextPartitionsStart) {
  const Migration result = migrate(
      R"({"Disks": [{"Partitions": [{"ID": "a", "Flags": ["esp"], "Start": 1, "End": 0, "FsType": "fat32"},
          {"ID": "b", "Start": 65, "End": 0, "FsType": "ext4"}]}], "SystemConfigs": [{"BootType": "efi"}]})",
      "old.json");
  EXPECT_NE(result.yaml.find("end: 65M"), std::string::npos) << all_of(result);
}

TEST(MigrateToolkit, TabsAndKeysInAnyCaseAreRead) {
  const Migration result =
      migrate("{\n\t\"systemconfigs\": [\n\t\t{\n\t\t\t\"HOSTNAME\": \"h\"\n\t\t}\n\t]\n}\n", "old.json");
  EXPECT_EQ(result.yaml, "os:\n  hostname: h\n");
  ASSERT_EQ(result.notes.size(), 2U);
  EXPECT_EQ(result.notes[1].mark, (Mark{.line = 4, .column = 4}));
}

TEST(MigrateToolkit, NoNoteHoldsAPassword) {
  const Migration result = migrate(config("", R"(, "Users": [{"Name": "u", "Password": "hunter2"}])"), "old.json");
  EXPECT_EQ(notes_json("f", result.notes).find("hunter2"), std::string::npos);
  EXPECT_NE(result.yaml.find("hunter2"), std::string::npos);
}

}  // namespace keelson::recipe
