#include "formats/oci/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "crypto/hash.h"
#include "formats/oci/busybox_image.h"
#include "formats/tar/writer.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::oci {
namespace {

using Json = nlohmann::json;

Image sample(Compression compression = Compression::None) {
  tar::Writer layer;
  layer.add({.path = "hello", .mode = 0755}, "#!/bin/sh\n");
  return {.layer_tar = layer.finish(),
          .compression = compression,
          .architecture = "arm64",
          .name = "docker.io/keelson/probe:1",
          .created = 1'700'000'000,
          .entrypoint = {"/hello"},
          .command = {"world"},
          .environment = {"A=b"},
          .labels = {{"k", "v"}}};
}

/// An archive on disk, unpacked by GNU tar.
class Unpacked {
 public:
  explicit Unpacked(const Image& image) {
    const Bytes bytes = write_archive(image);
    write_file(file(), as_text(bytes));
    std::filesystem::create_directory(temp_.path() / "out");
    require_process({.arguments = {"tar", "-C", (temp_.path() / "out").native(), "-xf", file().native()}}, "extract",
                    "archive");
  }
  std::filesystem::path file() const { return temp_.path() / "image.tar"; }
  Json json(const std::string& path) const { return Json::parse(read_file(temp_.path() / "out" / path)); }
  std::string blob(const Json& descriptor) const {
    std::string path = descriptor.at("digest");
    path.replace(path.find(':'), 1, "/");
    std::string content = read_file(temp_.path() / "out/blobs" / path);
    EXPECT_EQ(content.size(), descriptor.at("size").get<std::size_t>());
    EXPECT_EQ("sha256:" + sha256(content).hex(), descriptor.at("digest"));
    return content;
  }

 private:
  TempDir temp_{"oci"};
};

TEST(OciArchive, EveryDescriptorNamesABlobOfThatDigestAndSize) {
  const Image image = sample();
  const Unpacked unpacked(image);
  EXPECT_EQ(unpacked.json("oci-layout").at("imageLayoutVersion"), "1.0.0");
  const Json entry = unpacked.json("index.json").at("manifests").at(0);
  EXPECT_EQ(entry.at("annotations").at("io.containerd.image.name"), "docker.io/keelson/probe:1");
  EXPECT_EQ(entry.at("annotations").at("org.opencontainers.image.ref.name"), "1");
  const Json manifest = Json::parse(unpacked.blob(entry));
  const Json config = Json::parse(unpacked.blob(manifest.at("config")));
  EXPECT_EQ(config.at("created"), "2023-11-14T22:13:20Z");
  EXPECT_EQ(config.at("architecture"), "arm64");
  EXPECT_EQ(config.at("config"),
            Json::parse(R"({"Entrypoint":["/hello"],"Cmd":["world"],"Env":["A=b"],"Labels":{"k":"v"}})"));
  const std::string layer = unpacked.blob(manifest.at("layers").at(0));
  EXPECT_EQ(layer, as_text(image.layer_tar));
  EXPECT_EQ(config.at("rootfs").at("diff_ids").at(0), "sha256:" + sha256(layer).hex());
}

TEST(OciArchive, TheDiffIdOfACompressedLayerIsThatOfTheTar) {
  const Image image = sample(Compression::Zstd);
  const Unpacked unpacked(image);
  const Json manifest = Json::parse(unpacked.blob(unpacked.json("index.json").at("manifests").at(0)));
  const Json layer = manifest.at("layers").at(0);
  EXPECT_EQ(layer.at("mediaType"), "application/vnd.oci.image.layer.v1.tar+zstd");
  EXPECT_LT(unpacked.blob(layer).size(), image.layer_tar.size());
  const Json config = Json::parse(unpacked.blob(manifest.at("config")));
  EXPECT_EQ(config.at("rootfs").at("diff_ids").at(0), "sha256:" + sha256(ByteView(image.layer_tar)).hex());
}

TEST(OciArchive, SkopeoInspectsAndCopiesIt) {
  if (!find_program("skopeo")) GTEST_SKIP() << "skopeo is not installed";
  for (const Compression compression : {Compression::None, Compression::Zstd}) {
    const Unpacked unpacked(sample(compression));
    const std::string reference = "oci-archive:" + unpacked.file().native() + ":1";
    const Json seen = Json::parse(require_process(
        {.arguments = {"skopeo", "inspect", "--override-arch", "arm64", reference}}, "inspect", reference));
    EXPECT_EQ(seen.at("Architecture"), "arm64");
    EXPECT_EQ(seen.at("Created"), "2023-11-14T22:13:20Z");
    EXPECT_EQ(seen.at("Labels").at("k"), "v");
    // A copy reads and checks every blob.
    const TempDir out("skopeo");
    require_process({.arguments = {"skopeo", "--insecure-policy", "copy", "--override-arch", "arm64", reference,
                                   "dir:" + out.path().native()}},
                    "copy", reference);
    EXPECT_TRUE(std::filesystem::exists(out.path() / "manifest.json"));
  }
}

TEST(OciArchive, TheSameImageGivesTheSameBytes) {
  EXPECT_EQ(write_archive(sample()), write_archive(sample()));
  EXPECT_EQ(write_archive(sample(Compression::Zstd)), write_archive(sample(Compression::Zstd)));
  Image later = sample();
  later.created += 1;
  EXPECT_NE(write_archive(sample()), write_archive(later));
}

TEST(OciArchive, ANameWithoutATagAndAMissingArchitectureAreRefused) {
  for (const char* name : {"", "probe", "localhost:5000/probe", "probe:", ":1"}) {
    Image image = sample();
    image.name = name;
    EXPECT_THROW(write_archive(image), Error) << name;
  }
  Image image = sample();
  image.architecture = "";
  EXPECT_THROW(write_archive(image), Error);
}

TEST(OciArchive, TimesAreWrittenAsRfc3339) {
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(rfc3339(951'782'400), "2000-02-29T00:00:00Z");
  EXPECT_EQ(rfc3339(-1), "1969-12-31T23:59:59Z");
}

TEST(BusyboxImage, ItsShellIsTheBinaryGiven) {
  const Bytes binary(1000, std::byte{0x7f});
  const TempDir temp("busybox");
  const Image image = busybox_image(binary, "amd64");
  write_file(temp.path() / "layer.tar", as_text(image.layer_tar));
  require_process({.arguments = {"tar", "-C", temp.path().native(), "-xf", (temp.path() / "layer.tar").native()}},
                  "extract", "layer");
  EXPECT_EQ(read_file(temp.path() / "bin/sh"), as_text(binary));
  EXPECT_EQ(std::filesystem::status(temp.path() / "bin/sh").permissions() & std::filesystem::perms::owner_exec,
            std::filesystem::perms::owner_exec);
  EXPECT_EQ(image.architecture, "amd64");
  EXPECT_NO_THROW(write_archive(image));
}

}  // namespace
}  // namespace keelson::oci
