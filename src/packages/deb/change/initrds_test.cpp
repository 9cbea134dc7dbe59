#include "packages/deb/change/initrds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::deb {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Initrds : public testing::Test {
 protected:
  void put(const std::string& path, std::string_view content = "x") const {
    root_.make_folders(fs::path(path).parent_path().native());
    root_.write(path, content, 0755);
  }

  const TempDir dir_{"initrds-test"};
  const RootDir root_{dir_.path()};
};

TEST_F(Initrds, TheToolIsFoundByItsFiles) {
  EXPECT_EQ(find_initrd_maker(root_), InitrdMaker::None);
  put("usr/bin/dracut");
  EXPECT_EQ(find_initrd_maker(root_), InitrdMaker::Dracut);
  put("usr/sbin/update-initramfs");  // dracut may bring one of that name
  EXPECT_EQ(find_initrd_maker(root_), InitrdMaker::Dracut);
  put("usr/share/initramfs-tools/hook-functions");
  EXPECT_EQ(find_initrd_maker(root_), InitrdMaker::InitramfsTools);
}

TEST_F(Initrds, DracutIsToldTheDrivers) {
  teach_initrd_mounts(root_, InitrdMaker::Dracut, std::vector<std::string>{"overlay", "xfs"});
  EXPECT_THAT(root_.read("etc/dracut.conf.d/90-x-initrd-mount.conf"), HasSubstr("\nadd_drivers+=\" overlay xfs \"\n"));
  EXPECT_FALSE(root_.exists("etc/initramfs-tools"));
}

TEST_F(Initrds, AnImageWithoutOneIsToldSo) {
  put("boot/vmlinuz-6.12");
  EXPECT_THROW(make_initrds(root_, InitrdMaker::InitramfsTools, 0), Error);
}

// The boot script, run by a shell of the build host: functions of the initrd and programs are replaced by some that
// tell how they were called.
class BootScript : public Initrds {
 protected:
  std::string run(std::string_view fstab) {
    teach_initrd_mounts(root_, InitrdMaker::InitramfsTools, {});
    put("etc/fstab", fstab);
    std::string script = root_.read("etc/initramfs-tools/scripts/local-bottom/x-initrd-mount");
    const std::string stand_ins =
        "local_device_setup() { echo \"wait $1\"; DEV=/dev/of-$1; }\n"
        "checkfs() { echo \"check $*\"; }\nmodprobe() { echo \"modprobe $*\"; }\n"
        "mount() { echo \"mount $*\"; }\npanic() { echo \"panic $*\"; }\n";
    for (const char* line : {". /scripts/functions\n", ". /scripts/local\n"}) {
      const auto at = script.find(line);
      EXPECT_NE(at, std::string::npos);
      script.replace(at, std::string_view(line).size(), line[11] == 'f' ? stand_ins : "");
    }
    return require_process({.arguments = {"/bin/sh", "-euc", script, "sh"},
                            .environment = {"rootmnt=" + dir_.path().native(), "PATH=/usr/bin:/bin"},
                            .merge_output = true},
                           "run", "the boot script");
  }
};

TEST_F(BootScript, MountsWhatIsMarkedAndNothingElse) {
  const std::string root = dir_.path().native();
  EXPECT_EQ(run("# UUID=0 /not ext4 x-initrd.mount 0 2\n\nUUID=1 / ext4 x-initrd.mount 0 1\nUUID=2 /usr ext4 "
                "x-initrd.mount 0 2\n"
                "UUID=3 /srv xfs nodev 0 2\n"
                "UUID=4 /var ext4 defaults,nodev,x-initrd.mount,x-systemd.makefs 0 2\n"
                "tmpfs /tmp tmpfs size=1M 0 0\n"
                "overlay /etc overlay "
                "lowerdir=/sysroot/etc:/usr/etc:/sysroot/sysroot/a,upperdir=/sysroot/var/u,workdir=/sysroot/var/w,"
                "x-systemd.requires=/sysroot/var,x-initrd.mount,x-systemd.wanted-by=initrd-fs.target,noatime 0 0\n"),
            "wait UUID=4\ncheck /dev/of-UUID=4 /var ext4\nmodprobe -q ext4\nmount -t ext4 -o nodev /dev/of-UUID=4 " +
                root + "/var\nmodprobe -q overlay\nmount -t overlay -o lowerdir=" + root + "/etc:/usr/etc:" + root +
                "/sysroot/a,upperdir=" + root + "/var/u,workdir=" + root + "/var/w,noatime overlay " + root + "/etc\n");
}

TEST_F(BootScript, OptionsMayAllBeLeftOut) {
  // Nor the end of the last line.
  EXPECT_EQ(run("LABEL=data /var xfs x-initrd.mount,nofail"),
            "wait LABEL=data\nmodprobe -q xfs\nmount -t xfs /dev/of-LABEL=data " + dir_.path().native() + "/var\n");
}

TEST_F(BootScript, WithoutATableNothingHappens) {
  teach_initrd_mounts(root_, InitrdMaker::InitramfsTools, {});
  EXPECT_EQ(run(""), "");
  for (const char* path : {"hooks/x-initrd-mount", "scripts/local-bottom/x-initrd-mount"}) {
    const auto file = root_.host_path() / "etc/initramfs-tools" / path;
    EXPECT_EQ(fs::status(file).permissions(), fs::perms{0755}) << path;
    // Asked for what must run before it, as initramfs-tools does of every script.
    EXPECT_EQ(require_process({.arguments = {file.native(), "prereqs"}, .environment = {}}, "run", path), "");
  }
}

}  // namespace
}  // namespace keelson::deb
