#include "image/container/container_image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include "base/error.h"
#include "formats/oci/archive.h"
#include "formats/tar/writer.h"
#include "image/container/archive.h"
#include "image/container/choose.h"
#include "image/lookup.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::image {
namespace {

using testing::HasSubstr;

Bytes sample_layer(std::size_t zeros = 0) {
  tar::Writer writer;
  writer.add({.path = "etc/os-release"}, "ID=sample\n");
  if (zeros > 0) writer.add({.path = "zeros"}, std::string(zeros, '\0'));
  return writer.finish();
}

oci::Image sample(oci::Compression compression, std::size_t zeros = 0) {
  return {.layer_tar = sample_layer(zeros),
          .compression = compression,
          .architecture = "amd64",
          .name = "docker.io/keelson/sample:1",
          .entrypoint = {"/bin/app"},
          .user = "7",
          .labels = {{"a", "b"}}};
}

class ContainerImageTest : public testing::Test {
 protected:
  std::filesystem::path write(const Bytes& bytes) const {
    const auto path = dir_.path() / "image.tar";
    write_file(path, as_text(bytes));
    return path;
  }

  template <typename Body>
  static std::string refusal(Body&& body) {
    try {
      body();
    } catch (const Error& error) {
      return error.message();
    }
    return "accepted";
  }

  const TempDir dir_{"container-image-test"};
};

// What Keelson writes itself, it reads.
TEST_F(ContainerImageTest, OurOwnArchivesAreRead) {
  for (const auto compression : {oci::Compression::None, oci::Compression::Zstd}) {
    const auto archive = find_archive(write(oci::write_archive(sample(compression))));
    ASSERT_TRUE(archive);
    ASSERT_TRUE(holds_container_image(archive->files()));
    const auto image = open_container_image(archive->files(), {.architecture = "arm64"});
    EXPECT_EQ(image.format, "oci");
    EXPECT_EQ(image.name, "docker.io/keelson/sample:1");
    EXPECT_EQ(image.config.user, "7");
    EXPECT_EQ(image.config.labels.at("a"), "b");
    EXPECT_EQ(find_text(*image.files, "etc/os-release"), "ID=sample\n");
    EXPECT_EQ(image.layers.size(), 1u);
  }
}

TEST_F(ContainerImageTest, AnyChangedByteOfABlobIsRefused) {
  const Bytes good = oci::write_archive(sample(oci::Compression::Zstd));
  const std::string_view text = as_text(good);
  for (const std::string_view part : {"\x28\xb5\x2f\xfd", "\"diff_ids\"", "\"layers\":"}) {
    const auto at = text.find(part);
    ASSERT_NE(at, std::string_view::npos) << part;
    Bytes bad = good;
    bad[at + 2] ^= std::byte{1};
    const auto archive = find_archive(write(bad));
    EXPECT_THAT(refusal([&] { open_container_image(archive->files(), {.architecture = "amd64"}); }),
                HasSubstr("its SHA-256 is not what its descriptor says"))
        << part;
  }
}

TEST_F(ContainerImageTest, WhatUnpacksBeyondItsBoundsIsRefused) {
  const auto archive = find_archive(write(oci::write_archive(sample(oci::Compression::Zstd, 5'000'000))));
  const auto open = [&](UnpackLimits limits) {
    return refusal([&] { open_container_image(archive->files(), {.architecture = "amd64", .limits = limits}); });
  };
  EXPECT_EQ(open({}), "accepted");
  EXPECT_THAT(open({.most = mebibytes(1)}), HasSubstr("it is larger than 1 MiB unpacked"));
  EXPECT_THAT(open({.suspicious = mebibytes(2)}), HasSubstr("it unpacks to more than 200 times its size"));
}

TEST_F(ContainerImageTest, WhatIsNoTarIsNoArchive) {
  EXPECT_FALSE(find_archive(write({})));
  EXPECT_FALSE(find_archive(write(Bytes(4096))));
  Bytes packed(ZSTD_compressBound(4096));
  const Bytes zeros(4096);
  packed.resize(ZSTD_compress(packed.data(), packed.size(), zeros.data(), zeros.size(), 1));
  EXPECT_FALSE(find_archive(write(packed)));
  packed.resize(5);
  EXPECT_FALSE(find_archive(write(packed)));
}

TEST(ChooseManifest, TheOnlyOneOrTheOneForHereIsChosen) {
  const auto image = [](char digit, std::string architecture, bool is_attachment = false) {
    return oci::Descriptor{.digest = parse_sha256(std::string(64, digit)),
                           .architecture = std::move(architecture),
                           .os = "linux",
                           .is_attachment = is_attachment};
  };
  EXPECT_EQ(choose_manifest({image('1', "arm64")}, "amd64").architecture, "arm64");
  EXPECT_EQ(choose_manifest({image('1', "arm64"), image('2', "amd64"), image('3', "unknown")}, "amd64").architecture,
            "amd64");
  EXPECT_EQ(choose_manifest({image('1', "amd64"), image('1', "amd64"), image('2', "amd64", true)}, "amd64").digest,
            parse_sha256(std::string(64, '1')));
  EXPECT_THROW(choose_manifest({}, "amd64"), Error);
  EXPECT_THROW(choose_manifest({image('1', "amd64"), image('2', "amd64")}, "amd64"), Error);
  EXPECT_THROW(choose_manifest({image('1', "arm64"), image('2', "s390x")}, "amd64"), Error);
}

}  // namespace
}  // namespace keelson::image
