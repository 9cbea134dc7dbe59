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

TEST_F(Overlays, OneOfTheInitrdIsRefused) {
  recipe::Overlay overlay = kEtc;
  overlay.in_initrd = true;
  EXPECT_THROW(apply({overlay}), Error);
  EXPECT_FALSE(root_.exists("etc/fstab"));
}

}  // namespace
}  // namespace keelson::os
