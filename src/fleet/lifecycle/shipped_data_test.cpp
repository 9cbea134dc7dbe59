// data/lifecycle.yaml itself: it is what it says it is, by our reader and by another program's.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "fleet/lifecycle/built_in.h"
#include "fleet/lifecycle/schema_judge.h"
#include "fleet/lifecycle/shipped_data.h"

namespace keelson::fleet::lifecycle {
namespace {

TEST(ShippedLifecycle, FollowsItsSchemaByAnotherProgramsReading) {
  const char* source = std::getenv("KEELSON_SOURCE_DIR");
  if (source == nullptr) GTEST_SKIP() << "KEELSON_SOURCE_DIR is not set";
  const std::filesystem::path root(source);
  const auto complaints =
      complaints_by_schema(root / "schema/lifecycle.schema.json", {read_file(root / "data/lifecycle.yaml")});
  if (!complaints) GTEST_SKIP() << "python3-jsonschema and python3-yaml are not installed";
  EXPECT_EQ(*complaints, "");
}

TEST(ShippedLifecycle, TheProgramHoldsTheWholeFile) {
  const char* source = std::getenv("KEELSON_SOURCE_DIR");
  if (source == nullptr) GTEST_SKIP() << "KEELSON_SOURCE_DIR is not set";
  EXPECT_EQ(built_in_text(), read_file(std::filesystem::path(source) / "data/lifecycle.yaml"));
  EXPECT_GE(built_in_lifecycle().images.size(), 18U);
}

TEST(ShippedLifecycle, EveryStreamIsUsedOrRecognisedAndNoClockRunsBackwards) {
  const auto data = shipped_data();
  if (!data) GTEST_SKIP() << "KEELSON_SOURCE_DIR is not set";
  std::set<std::string> used;
  for (const auto& image : data->images) used.insert(image.stream);
  for (const auto& stream : data->streams) {
    EXPECT_TRUE(used.contains(stream.id) || !stream.os_images.empty()) << stream.id;
    if (stream.end_of_life && stream.images_removed) {
      EXPECT_LE(stream.end_of_life->last, stream.images_removed->last) << stream.id;
    }
    if (stream.end_of_life && stream.long_term_support) {
      EXPECT_LT(stream.end_of_life->last, stream.long_term_support->last) << stream.id;
    }
  }
  for (const auto& clock : data->kubernetes) {
    if (clock.end_of_life && clock.long_term_support) {
      EXPECT_LT(clock.end_of_life->last, clock.long_term_support->last) << clock.version.text();
    }
  }
}

TEST(ShippedLifecycle, NoTwoEntriesOfOneSkuFitTheSamePool) {
  const auto data = shipped_data();
  if (!data) GTEST_SKIP() << "KEELSON_SOURCE_DIR is not set";
  const auto apart = [](const std::optional<bool>& one, const std::optional<bool>& other) {
    return one && other && *one != *other;
  };
  for (std::size_t i = 0; i < data->images.size(); ++i) {
    for (std::size_t j = i + 1; j < data->images.size(); ++j) {
      const Image &one = data->images[i], &other = data->images[j];
      const bool shared = std::any_of(one.skus.begin(), one.skus.end(), [&](const std::string& sku) {
        return std::find(other.skus.begin(), other.skus.end(), sku) != other.skus.end();
      });
      if (!shared || one.platform != other.platform || apart(one.fips, other.fips)) continue;
      for (int minor = 0; minor < 100; ++minor) {
        EXPECT_FALSE(one.kubernetes.contains({1, minor}) && other.kubernetes.contains({1, minor}))
            << one.skus[0] << " at 1." << minor;
      }
    }
  }
}

}  // namespace
}  // namespace keelson::fleet::lifecycle
