#include "formats/oci/documents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace keelson::oci {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kDigest = "sha256:" + std::string(64, 'a');

std::string descriptor(const std::string& more = "") {
  return R"({"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": ")" + kDigest + R"(", "size": 7)" +
         more + "}";
}

template <typename Parse>
std::string refusal(Parse parse, const std::string& text) {
  try {
    parse(text);
  } catch (const Error& error) {
    return error.message();
  }
  return "accepted";
}

TEST(OciDocuments, AnIndexIsRead) {
  const auto index =
      parse_index(R"({"manifests": [)" + descriptor(R"(, "platform": {"architecture": "arm64", "os": "linux"},
      "annotations": {"org.opencontainers.image.ref.name": "1"})") +
                  "," + descriptor(R"(, "annotations": {"vnd.docker.reference.type": "attestation-manifest"})") + "]}");
  ASSERT_EQ(index.size(), 2u);
  EXPECT_EQ(index[0].digest, parse_sha256(std::string(64, 'a')));
  EXPECT_EQ(index[0].size, 7u);
  EXPECT_EQ(index[0].architecture, "arm64");
  EXPECT_EQ(index[0].name, "1");
  EXPECT_FALSE(index[0].is_attachment);
  EXPECT_TRUE(index[1].is_attachment);
  EXPECT_TRUE(parse_index("{}").empty());
}

TEST(OciDocuments, AConfigurationIsRead) {
  const auto config =
      parse_config(R"({"architecture": "amd64", "os": "linux", "config": {"User": "1000", "Env": ["A=b"],
      "Entrypoint": ["/a"], "Cmd": null, "ExposedPorts": {"80/tcp": {}, "53/udp": {}}, "Labels": {"a": "b"}},
      "rootfs": {"type": "layers", "diff_ids": [")" +
                   kDigest + R"("]}, "history": []})");
  EXPECT_EQ(config.user, "1000");
  EXPECT_THAT(config.entrypoint, ElementsAre("/a"));
  EXPECT_TRUE(config.command.empty());
  EXPECT_THAT(config.exposed_ports, ElementsAre("53/udp", "80/tcp"));
  EXPECT_EQ(config.labels.at("a"), "b");
  EXPECT_EQ(config.layers.size(), 1u);
}

TEST(OciDocuments, WhatDockerSavesIsRead) {
  const auto saved = parse_saved_images(R"([{"Config": "c.json", "RepoTags": ["a:1"], "Layers": ["l/layer.tar"]}])");
  ASSERT_EQ(saved.size(), 1u);
  EXPECT_EQ(saved[0].config, "c.json");
  EXPECT_THAT(saved[0].layers, ElementsAre("l/layer.tar"));
  EXPECT_EQ(parse_saved_images(R"([{"Config": "c.json", "RepoTags": null, "Layers": []}])")[0].names.size(), 0u);
}

TEST(OciDocuments, WhatIsOfAnotherShapeIsRefused) {
  EXPECT_THAT(refusal(parse_index, "no json"), HasSubstr("no JSON"));
  EXPECT_THAT(refusal(parse_index, "[]"), HasSubstr("is no object"));
  EXPECT_THAT(refusal(parse_index, R"({"manifests": {}})"), HasSubstr("'manifests' is no list"));
  EXPECT_THAT(refusal(parse_index, R"({"manifests": [1]})"), HasSubstr("no object"));
  EXPECT_THAT(refusal(parse_index, R"({"manifests": [{"digest": "sha512:00", "size": 1}]})"),
              HasSubstr("no SHA-256 digest"));
  EXPECT_THAT(refusal(parse_index, R"({"manifests": [{"digest": ")" + kDigest + R"(", "size": -1}]})"),
              HasSubstr("no size"));
  EXPECT_THAT(refusal(parse_index, std::string(5u << 20, ' ')), HasSubstr("4 MiB"));
  EXPECT_THAT(refusal(parse_manifest, "{}"), HasSubstr("names no configuration"));
  EXPECT_THAT(refusal(parse_config, R"({"config": {"Env": "A"}})"), HasSubstr("'Env' is no list"));
  EXPECT_THAT(refusal(parse_config, R"({"config": {"Labels": {"a": 1}}})"), HasSubstr("no text"));
  EXPECT_THAT(refusal(parse_config, R"({"architecture": 1})"), HasSubstr("'architecture' is no text"));
  EXPECT_THAT(refusal(parse_saved_images, "{}"), HasSubstr("no list of images"));
  EXPECT_THAT(refusal(check_layout_version, R"({"imageLayoutVersion": "2.0.0"})"), HasSubstr("version is '2.0.0'"));
  std::string many = R"({"manifests": [)";
  for (int i = 0; i < 1001; ++i) many += (i > 0 ? "," : "") + descriptor();
  EXPECT_THAT(refusal(parse_index, many + "]}"), HasSubstr("more than 1000"));
}

// Nesting is JSON's own way to be endless.
TEST(OciDocuments, DeepNestingIsOnlyRefused) {
  EXPECT_NE(refusal(parse_index, std::string(1'000'000, '[')), "accepted");
  EXPECT_NE(refusal(parse_index, std::string(1'000'000, '[') + std::string(1'000'000, ']')), "accepted");
}

}  // namespace
}  // namespace keelson::oci
