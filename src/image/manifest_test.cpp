#include "image/manifest.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <nlohmann/json.hpp>
#include <regex>

#include "base/error.h"
#include "crypto/hash.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::image {
namespace {

using Json = nlohmann::json;

Manifest example() {
  const auto uuid = parse_uuid("00112233-4455-6677-8899-aabbccddeeff");
  return {.name = "container-host",
          .version = "1.0",
          .architecture = "amd64",
          .epoch = 1'700'000'000,
          .image = {.file = "host.qcow2", .format = "qcow2", .size = mebibytes(100), .sha256 = sha256("disk")},
          .disk_uuid = uuid,
          .partitions = {{.id = "esp",
                          .label = "esp",
                          .type = "esp",
                          .type_uuid = uuid,
                          .uuid = uuid,
                          .offset = mebibytes(1),
                          .size = mebibytes(33),
                          .filesystem = "vfat",
                          .mount_point = "/boot/efi",
                          .sha256 = sha256("esp")},
                         {.id = "root",
                          .label = "",
                          .type = "root",
                          .type_uuid = uuid,
                          .uuid = uuid,
                          .offset = mebibytes(34),
                          .size = mebibytes(65),
                          .filesystem = "ext4",
                          .mount_point = "/",
                          .sha256 = sha256("root")}},
          .kernel_command_line = "root=\"x\" quiet",
          .kernel_version = "6.12",
          .packages = {{.name = "apt", .version = "3", .architecture = "amd64", .sha256 = sha256("apt")},
                       {.name = "zlib1g", .version = "1:1.3", .architecture = "amd64", .sha256 = sha256("zlib")}},
          .lock_sha256 = sha256("lock"),
          .recipe_sha256 = sha256("recipe"),
          .pcr11 = sha256("measured")};
}

std::string refusal(const std::function<void(Json&)>& change) {
  Json json = Json::parse(write_manifest(example()));
  change(json);
  try {
    parse_manifest(json.dump(), "m.json");
  } catch (const Error& error) {
    return error.message();
  }
  return "accepted";
}

TEST(Manifest, RoundTrips) { EXPECT_EQ(parse_manifest(write_manifest(example()), "m.json"), example()); }

TEST(Manifest, TheOrderOfPackagesDoesNotMatter) {
  Manifest other = example();
  std::reverse(other.packages.begin(), other.packages.end());
  EXPECT_EQ(write_manifest(other), write_manifest(example()));
}

TEST(Manifest, EveryMissingFieldIsNamed) {
  const Json good = Json::parse(write_manifest(example()));
  for (const auto& [key, value] : good.items()) {
    EXPECT_EQ(refusal([&key = key](Json& json) { json.erase(key); }),
              fmt::format("cannot read manifest 'm.json': manifest.{} is missing", key));
  }
  for (const auto& [key, value] : good["partitions"][1].items()) {
    EXPECT_EQ(refusal([&key = key](Json& json) { json["partitions"][1].erase(key); }),
              fmt::format("cannot read manifest 'm.json': partitions[1].{} is missing", key));
  }
  for (const auto& [key, value] : good["packages"][0].items()) {
    EXPECT_EQ(refusal([&key = key](Json& json) { json["packages"][0].erase(key); }),
              fmt::format("cannot read manifest 'm.json': packages[0].{} is missing", key));
  }
}

TEST(Manifest, WrongValuesAreNamed) {
  const std::string prefix = "cannot read manifest 'm.json': ";
  EXPECT_EQ(refusal([](Json& json) { json["keelsonManifest"] = 2; }), prefix + "it was written by a newer keelson");
  EXPECT_EQ(refusal([](Json& json) { json["epoch"] = -1; }),
            prefix + "manifest.epoch is not a non-negative whole number");
  EXPECT_EQ(refusal([](Json& json) { json["epoch"] = ~std::uint64_t{0}; }),
            prefix + "manifest.epoch is later than the year 9999");
  EXPECT_EQ(refusal([](Json& json) { json["image"]["sha256"] = "abc"; }),
            prefix + "manifest.image.sha256 is not a SHA-256 digest");
  EXPECT_EQ(refusal([](Json& json) { json["diskUuid"] = 7; }), prefix + "manifest.diskUuid is not a string");
  EXPECT_EQ(refusal([](Json& json) { json["diskUuid"] = "7"; }), prefix + "manifest.diskUuid is not a UUID");
  EXPECT_EQ(refusal([](Json& json) { json["partitions"] = 1; }), prefix + "manifest.partitions is not a list");
  EXPECT_EQ(refusal([](Json& json) { json["partitions"][0] = 1; }), prefix + "partitions[0] is not an object");
  EXPECT_EQ(refusal([](Json& json) { json["partitions"] = std::vector<int>(1025); }),
            prefix + "manifest.partitions has more than 1024 entries");
}

TEST(Manifest, PartitionsMustLieInOrderWithinTheDisk) {
  const std::string prefix = "cannot read manifest 'm.json': ";
  EXPECT_EQ(refusal([](Json& json) { json["partitions"][1]["size"] = mebibytes(67).value; }),
            prefix + "partition 'root' does not lie within the disk");
  EXPECT_EQ(refusal([](Json& json) { json["partitions"][1]["offset"] = ~std::uint64_t{0}; }),
            prefix + "partition 'root' does not lie within the disk");
  EXPECT_EQ(refusal([](Json& json) { json["partitions"][1]["offset"] = mebibytes(33).value; }),
            prefix + "partition 'root' overlaps the one before");
}

TEST(Manifest, WhatIsNotJsonIsRefused) {
  EXPECT_THROW(parse_manifest("", "m"), Error);
  EXPECT_THROW(parse_manifest("{\"keelsonManifest\":1", "m"), Error);
  EXPECT_THROW(parse_manifest("[]", "m"), Error);
}

TEST(Manifest, ACommandLineThatIsNotUtf8IsStillWritten) {
  Manifest manifest = example();
  manifest.kernel_command_line = "a\xff";
  EXPECT_EQ(parse_manifest(write_manifest(manifest), "m").kernel_command_line, "a\xef\xbf\xbd");
}

TEST(Manifest, DescribesAFinishedDisk) {
  const TempDir dir("image-test");
  const DiskPlan plan = plan_disk(
      default_storage("ext4"),
      {.architecture = "amd64", .seed = sha256("s"), .needed = {{"esp", mebibytes(2)}, {"root", mebibytes(3)}}});
  const auto raw = dir.path() / "disk.raw";
  std::string disk(plan.size.value, '\0');
  disk[plan.partition("root").offset.value] = 'r';
  write_file(raw, disk);
  Manifest manifest = example();
  describe_disk(manifest, plan, raw);
  EXPECT_EQ(manifest.image.sha256, sha256(disk));
  EXPECT_EQ(manifest.image.size, plan.size);
  ASSERT_EQ(manifest.partitions.size(), 2u);
  EXPECT_EQ(manifest.partitions[0].sha256, sha256(std::string(mebibytes(2).value, '\0')));
  EXPECT_EQ(manifest.partitions[1].sha256,
            sha256(disk.substr(plan.partition("root").offset.value, mebibytes(3).value)));
  EXPECT_EQ(manifest.partitions[1].type_uuid, plan.partition("root").type_uuid);
  EXPECT_EQ(parse_manifest(write_manifest(manifest), "m"), manifest);
}

// As much of JSON Schema as schema/manifest.schema.json uses.
void check(const Json& schema, const Json& definitions, const Json& value, const std::string& where) {
  if (schema.contains("$ref")) {
    const std::string name = schema.at("$ref").get<std::string>().substr(std::string("#/definitions/").size());
    return check(definitions.at(name), definitions, value, where);
  }
  if (schema.contains("const")) {
    EXPECT_EQ(schema.at("const"), value) << where;
  }
  const std::string type = schema.value("type", "");
  if (type == "string") {
    ASSERT_TRUE(value.is_string()) << where;
    if (schema.contains("pattern")) {
      EXPECT_TRUE(std::regex_search(value.get<std::string>(), std::regex(schema.at("pattern").get<std::string>())))
          << where;
    }
  } else if (type == "integer") {
    EXPECT_TRUE(value.is_number_unsigned()) << where;
  } else if (type == "array") {
    for (const auto& item : value) check(schema.at("items"), definitions, item, where + "[]");
  } else if (type == "object") {
    for (const auto& key : schema.at("required")) EXPECT_TRUE(value.contains(key)) << where << " lacks " << key;
    EXPECT_EQ(schema.at("required").size(), schema.at("properties").size()) << where;
    for (const auto& [key, inner] : value.items()) {
      ASSERT_TRUE(schema.at("properties").contains(key)) << where << "." << key << " is not in the schema";
      check(schema.at("properties").at(key), definitions, inner, where + "." + key);
    }
  } else {
    ADD_FAILURE() << where << " has no type in the schema";
  }
}

TEST(Manifest, KeepsItsPublishedSchemaWithEveryField) {
  const char* source = std::getenv("KEELSON_SOURCE_DIR");
  if (source == nullptr) GTEST_SKIP() << "KEELSON_SOURCE_DIR is not set; ctest sets it";
  const Json schema = Json::parse(read_file(std::filesystem::path(source) / "schema/manifest.schema.json"));
  check(schema, schema.at("definitions"), Json::parse(write_manifest(example())), "manifest");
}

}  // namespace
}  // namespace keelson::image
