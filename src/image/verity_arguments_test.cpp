#include "image/verity_arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keelson::image {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kLine =
    "console=ttyS0 ro rd.systemd.verity=1 roothash=aa systemd.verity_root_data=PARTUUID=d "
    "systemd.verity_root_hash=PARTUUID=h "
    "systemd.verity_root_options=panic-on-corruption,hash-offset=4096 root=/dev/mapper/root quiet";

TEST(VerityArguments, NameTheDevicesThatHaveARootHash) {
  const auto devices = verity_arguments(kLine);
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_EQ(devices[0].name, "root");
  EXPECT_EQ(devices[0].root_hash, "aa");
  EXPECT_EQ(devices[0].data, "PARTUUID=d");
  EXPECT_EQ(devices[0].hash, "PARTUUID=h");
  EXPECT_EQ(verity_option(devices[0], "hash-offset"), "4096");
  EXPECT_EQ(verity_option(devices[0], "panic-on-corruption"), std::nullopt);
  EXPECT_EQ(verity_option(devices[0], "hash"), std::nullopt);
  EXPECT_THAT(verity_arguments("root=UUID=a ro systemd.verity_usr_data=PARTUUID=d"), IsEmpty());
  EXPECT_EQ(verity_arguments("usrhash=a usrhash=b").at(0).root_hash, "b");
}

TEST(VerityArguments, AreToldFromTheOthers) {
  EXPECT_EQ(without_verity_words(kLine), "console=ttyS0 ro quiet");
  EXPECT_THAT(verity_words("ro usrhash=a mount.usr=/dev/mapper/usr mount.usrflags=ro"),
              ElementsAre("usrhash=a", "mount.usr=/dev/mapper/usr", "mount.usrflags=ro"));
  EXPECT_EQ(without_verity_words("root=UUID=a"), "root=UUID=a");
}

}  // namespace
}  // namespace keelson::image
