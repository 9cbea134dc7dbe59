// The recipes that we ship are read without a finding.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "recipe/read.h"

namespace keelson::recipe {
namespace {

TEST(ShippedRecipes, NoneHasAFinding) {
  const char* source = std::getenv("KEELSON_SOURCE_DIR");
  if (source == nullptr) GTEST_SKIP() << "KEELSON_SOURCE_DIR is not set";
  int read = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(source) / "recipes")) {
    if (entry.path().extension() != ".yaml") continue;
    const auto [recipe, findings] = read_recipe(entry.path());
    EXPECT_EQ(render_findings(entry.path().filename().string(), findings), "");
    EXPECT_NO_THROW(check_has_distribution(recipe));
    EXPECT_FALSE(recipe.os.packages.install.empty());
    ++read;
  }
  EXPECT_GE(read, 2);
}

}  // namespace
}  // namespace keelson::recipe
