#include "factory/volume.h"

#include <gtest/gtest.h>

namespace keelson::factory {
namespace {

image::Tree sample() {
  using image::EntryType;
  image::Tree tree;
  tree.entries = {{.path = "", .type = EntryType::Folder},
                  {.path = "home", .type = EntryType::Folder, .parent = 0},
                  {.path = "home/a", .parent = 1},
                  {.path = "var", .type = EntryType::Folder, .parent = 0},
                  {.path = "var/lib", .type = EntryType::Folder, .parent = 3},
                  {.path = "var/lib/first", .parent = 4},
                  {.path = "var/log", .type = EntryType::Folder, .parent = 3},
                  {.path = "var/log/second", .parent = 6, .first_link = 5},
                  {.path = "var/log/third", .parent = 6, .first_link = 5},
                  {.path = "var/logs", .type = EntryType::Folder, .parent = 3}};
  return tree;
}

TEST(PartOfATree, HoldsWhatLiesThereAndTheFoldersThatLeadThere) {
  const image::Tree part = part_of(sample(), {"var/log"});
  std::vector<std::string> paths;
  for (const auto& entry : part.entries) paths.push_back(entry.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"", "var", "var/log", "var/log/second", "var/log/third"}));
  EXPECT_EQ(part.entries[2].parent, 1u);
  EXPECT_EQ(part.entries[3].first_link, image::TreeEntry::kNone);
  EXPECT_EQ(part.entries[4].first_link, 3u);
}

TEST(PartOfATree, OfAllIsAll) { EXPECT_EQ(part_of(sample(), {""}).entries.size(), sample().entries.size()); }

}  // namespace
}  // namespace keelson::factory
