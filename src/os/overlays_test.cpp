#include "os/overlays.h"

#include <sys/stat.h>

#include "base/error.h"
#include "os/test_root.h"

namespace keelson::os {
namespace {

const recipe::Overlay kEtc{.mount_point = "/etc",
                           .lower_dirs = {"/etc", "/usr/share/etc"},
                           .upper_dir = "/var/overlays/etc/upper",
                           .work_dir = "/var/overlays/etc/work",
                           .mount_dependencies = {"/var"},
                           .mount_options = "noatime"};

class Overlays : public RootTest {
 protected:
  void apply(const std::vector<recipe::Overlay>& overlays) { apply_overlays(overlays, root_); }
};

TEST_F(Overlays, StandInFstabAfterWhatIsThere) {
  put("etc/fstab", "#overlay /etc overlay was ours\n\nUUID=1 / ext4 defaults 0 1");
  apply({kEtc});
  EXPECT_EQ(root_.read("etc/fstab"),
            "#overlay /etc overlay was ours\n\nUUID=1 / ext4 defaults 0 1\n"
            "overlay /etc overlay lowerdir=/etc:/usr/share/etc,upperdir=/var/overlays/etc/upper,"
            "workdir=/var/overlays/etc/work,x-systemd.requires=/var,"
            "x-systemd.requires-mounts-for=/var/overlays/etc/upper,noatime 0 0\n");
}

TEST_F(Overlays, FoldersAreMadeAndTheUpperOneLooksLikeTheLower) {
  put("srv/secret/file", "x");
  ::chmod((root_.host_path() / "srv/secret").c_str(), 0710);
  apply({{.mount_point = "/mnt/merged", .lower_dirs = {"/srv/secret"}, .upper_dir = "/o/up", .work_dir = "/o/work"}});
  ASSERT_TRUE(root_.status("mnt/merged") && root_.status("o/work") && root_.status("o/up"));
  EXPECT_EQ(root_.status("o/up")->st_mode & 07777u, 0710u);
  EXPECT_EQ(root_.status("o")->st_mode & 07777u, 0755u);
}

TEST_F(Overlays, ApplyingAgainReplacesTheLine) {
  apply({kEtc});
  recipe::Overlay other = kEtc;
  other.mount_options = "";
  other.mount_dependencies = {};
  apply({other});
  apply({other});
  EXPECT_EQ(root_.read("etc/fstab"),
            "overlay /etc overlay lowerdir=/etc:/usr/share/etc,upperdir=/var/overlays/etc/upper,"
            "workdir=/var/overlays/etc/work,x-systemd.requires-mounts-for=/var/overlays/etc/upper 0 0\n");
}

recipe::Overlay of_initrd() {
  recipe::Overlay overlay = kEtc;
  overlay.in_initrd = true;
  return overlay;
}

TEST_F(Overlays, OneOfTheInitrdIsNamedAsTheInitrdSeesIt) {
  put("etc/fstab", "UUID=2 /var ext4 defaults,x-initrd.mount 0 2\n");
  apply({of_initrd()});
  apply({of_initrd()});
  EXPECT_EQ(
      root_.read("etc/fstab"),
      "UUID=2 /var ext4 defaults,x-initrd.mount 0 2\n"
      "overlay /etc overlay lowerdir=/sysroot/etc:/sysroot/usr/share/etc,upperdir=/sysroot/var/overlays/etc/upper,"
      "workdir=/sysroot/var/overlays/etc/work,x-systemd.requires=/sysroot/var,"
      "x-systemd.requires-mounts-for=/sysroot/var/overlays/etc/upper,x-initrd.mount,"
      "x-systemd.wanted-by=initrd-fs.target,noatime 0 0\n");
  EXPECT_TRUE(root_.exists("var/overlays/etc/upper"));
  EXPECT_FALSE(root_.exists("sysroot"));
}

TEST_F(Overlays, OneOfTheInitrdNeedsItsFoldersThere) {
  const auto refusal = [&](const std::string& fstab, const recipe::Overlay& overlay) -> std::string {
    put("etc/fstab", fstab);
    try {
      apply({overlay});
    } catch (const Error& error) {
      EXPECT_NE(error.hint(), "");
      EXPECT_EQ(root_.read("etc/fstab"), fstab);
      return error.message();
    }
    return "accepted";
  };
  EXPECT_EQ(refusal("UUID=1 / ext4 defaults\n", of_initrd()),
            "cannot wait for '/var' in the initrd: fstab mounts nothing there");
  EXPECT_EQ(refusal("UUID=2 /var ext4 defaults\n", of_initrd()),
            "cannot use '/var' in the initrd: '/var' is not mounted then");
  recipe::Overlay free = of_initrd();
  free.mount_dependencies = {};
  EXPECT_EQ(refusal("UUID=2 /var/overlays xfs defaults\nUUID=3 /var ext4 x-initrd.mount\n", free),
            "cannot use '/var/overlays/etc/upper' in the initrd: '/var/overlays' is not mounted then");
  EXPECT_EQ(refusal("UUID=2 /usr/share ext4 noatime\n", free),
            "cannot use '/usr/share/etc' in the initrd: '/usr/share' is not mounted then");
  EXPECT_EQ(refusal("UUID=2 /usr ext4 noatime\nUUID=3 /variable ext4 noatime\n", free), "accepted");  // /usr always is
}

TEST_F(Overlays, WhatTheInitrdNeedsToKnowIsTold) {
  put("etc/fstab",
      "UUID=1 / ext4 x-initrd.mount\nUUID=2 /var xfs a,x-initrd.mount\nUUID=3 /srv btrfs defaults\n"
      "UUID=4 /usr ext4 ro\n#UUID=5 /opt vfat x-initrd.mount\n");
  EXPECT_EQ(types_in_initrd(root_), (std::vector<std::string>{"ext4", "xfs"}));
  EXPECT_FALSE(holds_upper_on_root(kEtc, root_));
  recipe::Overlay other = kEtc;
  other.upper_dir = "/variable/upper";
  EXPECT_TRUE(holds_upper_on_root(other, root_));
}

}  // namespace
}  // namespace keelson::os
