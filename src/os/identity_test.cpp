#include "os/identity.h"

#include "base/error.h"
#include "os/test_root.h"

namespace keelson::os {
namespace {

class Identity : public RootTest {};

TEST_F(Identity, GoesIntoAFileInEtcSoThatThePackagesOwnStaysAsPackaged) {
  put("usr/lib/os-release", "ID=debian\nIMAGE_ID=old\nVERSION_ID=\"13\"\n");
  put("etc/x", "");
  root_.link("../usr/lib/os-release", "etc/os-release");
  set_identity(root_, {"container-host", "2026.11.0"});
  EXPECT_EQ(root_.read("usr/lib/os-release"), "ID=debian\nIMAGE_ID=old\nVERSION_ID=\"13\"\n");
  EXPECT_EQ(root_.read("etc/os-release"),
            "ID=debian\nVERSION_ID=\"13\"\nIMAGE_ID=container-host\nIMAGE_VERSION=2026.11.0\n");
  set_identity(root_, {"container-host", ""});
  EXPECT_EQ(root_.read("etc/os-release"), "ID=debian\nVERSION_ID=\"13\"\nIMAGE_ID=container-host\n");
}

TEST(ImageId, EveryRecipesNameBecomesAnIdThatIsAccepted) {
  EXPECT_EQ(image_id_from("container-host"), "container-host");
  EXPECT_EQ(image_id_from("My Image_1.2 ü"), "my-image_1.2---");
}

TEST_F(Identity, AFileOfItsOwnInEtcIsTheOneThatCounts) {
  put("usr/lib/os-release", "ID=a\n");
  put("etc/os-release", "ID=b\n");
  set_identity(root_, {"x", "1"});
  EXPECT_EQ(root_.read("etc/os-release"), "ID=b\nIMAGE_ID=x\nIMAGE_VERSION=1\n");
  EXPECT_EQ(root_.read("usr/lib/os-release"), "ID=a\n");
}

TEST_F(Identity, WhatAShellWouldRunIsRefusedAndAnImageWithoutOsReleaseIsNotFound) {
  EXPECT_THROW(set_identity(root_, {"x", "1"}), Error);
  put("usr/lib/os-release", "ID=a\n");
  EXPECT_THROW(set_identity(root_, {"$(x)", "1"}), Error);
  EXPECT_THROW(set_identity(root_, {"x", "1\nID=evil"}), Error);
  root_.remove("usr/lib/os-release");
  root_.link("os-release", "usr/lib/os-release");
  EXPECT_THROW(set_identity(root_, {"x", "1"}), Error);
}

}  // namespace
}  // namespace keelson::os
