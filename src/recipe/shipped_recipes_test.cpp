// The recipes that we ship are read without a finding.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "recipe/read.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::recipe {
namespace {

namespace fs = std::filesystem;

TEST(ShippedRecipes, NoneHasAFinding) {
  const char* source = std::getenv("KEELSON_SOURCE_DIR");
  if (source == nullptr) GTEST_SKIP() << "KEELSON_SOURCE_DIR is not set";
  // Some name keys that everybody makes for themselves.
  const TempDir folder("shipped-recipes");
  for (const std::string_view part : {"recipes", "policies"})
    fs::copy(fs::path(source) / part, folder.path() / part, fs::copy_options::recursive);
  fs::create_directories(folder.path() / "recipes/secure-boot-keys");
  for (const std::string_view file : {"db.key", "db.crt"})
    write_file(folder.path() / "recipes/secure-boot-keys" / file, "");
  int read = 0;
  for (const auto& entry : fs::directory_iterator(folder.path() / "recipes")) {
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
