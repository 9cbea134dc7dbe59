#include "os/cleanup.h"

#include "os/test_root.h"

namespace keelson::os {
namespace {

class Cleanup : public RootTest {};

TEST_F(Cleanup, WhatEveryRuleNamesIsGoneAndItsNeighboursStay) {
  int number = 0;
  for (const auto& rule : clean_rules()) {
    const std::string path(rule.path);
    const std::string name = std::to_string(number++);
    switch (rule.action) {
      case CleanAction::Remove:
        put(path, "x");
        put(path + ".stays", "x");
        break;
      case CleanAction::Empty:
        put(path + "/deep/" + name, "x");
        break;
      case CleanAction::RemoveFilesBelow:
        put(path + "/deep/" + name, "x");
        break;
      case CleanAction::RemoveBySuffix:
        put(path + "/" + name + std::string(rule.pattern), "x");
        put(path + "/stays", "x");
        break;
      case CleanAction::RemoveByPrefix:
        put(path + "/" + std::string(rule.pattern) + name, "x");
        put(path + "/stays", "x");
        break;
    }
  }
  clean_image(root_);
  for (const auto& rule : clean_rules()) {
    const std::string path(rule.path);
    switch (rule.action) {
      case CleanAction::Remove:
        EXPECT_FALSE(root_.status(path)) << path;
        EXPECT_TRUE(root_.status(path + ".stays")) << path;
        break;
      case CleanAction::Empty:
        EXPECT_TRUE(std::filesystem::is_empty(host(path))) << path;
        break;
      case CleanAction::RemoveFilesBelow:
        EXPECT_TRUE(std::filesystem::is_empty(host(path + "/deep"))) << path;
        break;
      default:
        EXPECT_TRUE(root_.status(path + "/stays")) << path;
        for (const auto& entry : std::filesystem::directory_iterator(host(path))) {
          const auto name = entry.path().filename().native();
          EXPECT_FALSE(rule.action == CleanAction::RemoveBySuffix ? name.ends_with(rule.pattern)
                                                                  : name.starts_with(rule.pattern))
              << entry.path();
        }
    }
    EXPECT_FALSE(rule.reason.empty()) << path;
  }
}

TEST_F(Cleanup, ASymlinkIsNotFollowedAndAnEmptyTreeIsFine) {
  clean_image(root_);
  put("data/precious", "x");
  root_.link("/data", "tmp");
  clean_image(root_);
  EXPECT_TRUE(root_.exists("data/precious"));
}

}  // namespace
}  // namespace keelson::os
