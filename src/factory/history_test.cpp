#include "factory/history.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "crypto/hash.h"
#include "recipe/read.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::factory {
namespace {

using Json = nlohmann::json;

constexpr const char* kRecipe = R"(os:
  users:
  - name: alice
    uid: 2000
    password: {type: plain-text, value: geheim}
    sshPublicKeys: [ssh-ed25519 AAAA]
  additionalFiles:
  - {source: motd, destination: /etc/motd}
)";

class History : public ::testing::Test {
 protected:
  void record(const std::string& text) {
    write_file(folder_.path() / "motd", "hello");
    write_file(folder_.path() / "recipe.yaml", text);
    const auto read = recipe::read_recipe(folder_.path() / "recipe.yaml", {.unsupported_is_error = false});
    record_customization(read.recipe, sha256("seed"), 1'700'000'000, root_);
  }
  Json history() const { return Json::parse(root_.read(kHistoryFile)); }

  TempDir folder_{"history"};
  TempDir tree_{"root"};
  RootDir root_{tree_.path()};
};

TEST_F(History, TheRecordHoldsTheRecipeWithDigestsAndWithoutSecrets) {
  record(kRecipe);
  const Json entry = history().at(0);
  EXPECT_EQ(entry.at("timestamp"), "2023-11-14T22:13:20Z");
  const Json& os = entry.at("config").at("os");
  EXPECT_EQ(os.at("users").at(0).at("password").at("value"), "[redacted]");
  EXPECT_EQ(os.at("users").at(0).at("sshPublicKeys"), "[redacted]");
  EXPECT_EQ(os.at("users").at(0).at("uid"), 2000);
  EXPECT_EQ(os.at("additionalFiles").at(0).at("sha256hash"), sha256("hello").hex());
  EXPECT_EQ(root_.read(kHistoryFile).find("geheim"), std::string::npos);
  const std::string release = root_.read(kReleaseFile);
  EXPECT_NE(release.find("BUILD_DATE=\"2023-11-14T22:13:20Z\"\n"), std::string::npos);
  EXPECT_NE(release.find("IMAGE_UUID=\"" + entry.at("imageUuid").get<std::string>() + "\"\n"), std::string::npos);
}

TEST_F(History, OfAFolderTheRecordHasTheDigestsOfItsFiles) {
  std::filesystem::create_directories(folder_.path() / "files/sub");
  write_file(folder_.path() / "files/sub/a", "hello");
  record("os: {additionalDirs: [{source: files, destination: /etc}]}\n");
  EXPECT_EQ(history().at(0).at("config").at("os").at("additionalDirs").at(0).at("sha256hashmap"),
            Json({{"sub/a", sha256("hello").hex()}}));
}

TEST_F(History, IsAppendedToAndCanBeDeclined) {
  root_.make_folders("usr/share/image-customizer");
  root_.write(kHistoryFile, "[{\"toolVersion\": \"other\"}]");
  record("os: {hostname: a}\n");
  record("os: {hostname: b}\n");
  record("os: {imageHistory: none}\n");
  const Json entries = history();
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries.at(0).at("toolVersion"), "other");
  EXPECT_EQ(entries.at(2).at("config").at("os").at("hostname"), "b");
}

TEST_F(History, OneThatIsNoArrayIsRefused) {
  root_.make_folders("usr/share/image-customizer");
  for (const char* text : {"{}", "[", "[1}", "[1]]", "nothing"}) {
    root_.write(kHistoryFile, text);
    EXPECT_THROW(record("os: {hostname: a}\n"), Error) << text;
  }
}

}  // namespace
}  // namespace keelson::factory
