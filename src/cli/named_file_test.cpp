#include "cli/named_file.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::cli {
namespace {

namespace fs = std::filesystem;

class NamedFile : public testing::Test {
 protected:
  NamedFile() {
    fs::create_directory(folder_.path() / "recipes");
    write_file(folder_.path() / "recipes/container-host.yaml", "");
    write_file(folder_.path() / "recipes/minimal.yaml", "");
  }
  std::string hint(const fs::path& name) const {
    try {
      require_file(folder_.path() / name, kARecipe);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::NotFound);
      EXPECT_EQ(error.message(), "cannot read '" + (folder_.path() / name).native() + "': no such file");
      return error.hint();
    }
    return "it is there";
  }
  std::string meaning(const fs::path& name) const { return "did you mean '" + (folder_.path() / name).native() + "'?"; }

  TempDir folder_{"named-file-test"};
};

TEST_F(NamedFile, WhatIsThereIsLeftToItsReader) {
  EXPECT_EQ(hint("recipes/minimal.yaml"), "it is there");
  EXPECT_EQ(hint("recipes"), "it is there");
}

TEST_F(NamedFile, AFileWithANearNameIsSuggested) {
  EXPECT_EQ(hint("recipes/contianer-host.yaml"), meaning("recipes/container-host.yaml"));
  EXPECT_EQ(hint("recipes/container-host.yml"), meaning("recipes/container-host.yaml"));
}

TEST_F(NamedFile, AForgottenOrOtherEndingIsSuggested) {
  EXPECT_EQ(hint("recipes/minimal"), meaning("recipes/minimal.yaml"));
  EXPECT_EQ(hint("recipes/minimal.json"), meaning("recipes/minimal.yaml"));
}

TEST_F(NamedFile, AMissingFolderIsNamedWithTheOneThatIsNearest) {
  EXPECT_EQ(hint("recpies/minimal.yaml"),
            "there is no folder '" + (folder_.path() / "recpies").native() + "'; " + meaning("recipes"));
  EXPECT_EQ(hint("elsewhere/minimal.yaml"), "there is no folder '" + (folder_.path() / "elsewhere").native() + "'");
}

TEST_F(NamedFile, WithNothingNearItIsSaidWhatBelongsThere) {
  EXPECT_EQ(hint("recipes/quite-another-thing"), "it should be a recipe, such as recipes/container-host.yaml");
}

}  // namespace
}  // namespace keelson::cli
