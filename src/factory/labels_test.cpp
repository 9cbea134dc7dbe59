#include "factory/labels.h"

#include <gtest/gtest.h>

namespace keelson::factory {
namespace {

using namespace std::string_literals;
using image::EntryType;

image::Tree tree_of(const std::vector<std::pair<std::string, EntryType>>& files) {
  image::Tree tree;
  for (const auto& [path, type] : files) {
    image::TreeEntry entry;
    entry.path = path;
    entry.type = type;
    entry.xattrs["security.selinux"] = "u:o:of_the_base_t:s0\0"s;
    tree.entries.push_back(std::move(entry));
  }
  return tree;
}

std::string label_of(const image::Tree& tree, std::string_view path) {
  for (const auto& entry : tree.entries) {
    if (entry.path != path) continue;
    const auto found = entry.xattrs.find("security.selinux");
    return found == entry.xattrs.end() ? "none" : found->second;
  }
  return "no such file";
}

class LabelsTest : public testing::Test {
 protected:
  Labels labels_{file_contexts::FileContexts({.main = "/\t-d\tu:o:root_t:s0\n"
                                                      "/var\t-d\tu:o:var_t:s0\n"
                                                      "/var/log(/.*)?\tu:o:log_t:s0\n"
                                                      "/log/messages\t--\tu:o:other_t:s0\n"
                                                      "/var/log/proc\t-d\t<<none>>\n"})};
  image::Tree tree_ = tree_of({{"", EntryType::Folder},
                               {"log", EntryType::Folder},
                               {"log/messages", EntryType::File},
                               {"log/proc", EntryType::Folder}});
};

TEST_F(LabelsTest, EachEntryGetsTheLabelOfItsPathInTheWholeImage) {
  labels_.apply_to(tree_, "/var");
  EXPECT_EQ(label_of(tree_, ""), "u:o:var_t:s0\0"s);
  EXPECT_EQ(label_of(tree_, "log/messages"), "u:o:log_t:s0\0"s);
  EXPECT_EQ(label_of(tree_, "log/proc"), "none");
  labels_.apply_to(tree_, "/");
  EXPECT_EQ(label_of(tree_, ""), "u:o:root_t:s0\0"s);
  EXPECT_EQ(label_of(tree_, "log/messages"), "u:o:other_t:s0\0"s);
  EXPECT_EQ(label_of(tree_, "log"), "none");
}

TEST_F(LabelsTest, AFileWithTwoNamesHasTheLabelOfTheFirst) {
  tree_.entries[2].first_link = image::TreeEntry::kNone;
  image::TreeEntry second = tree_.entries[2];
  second.path = "log/second";
  second.first_link = 2;
  tree_.entries.push_back(second);
  labels_.apply_to(tree_, "/");
  EXPECT_EQ(label_of(tree_, "log/second"), "u:o:other_t:s0\0"s);
}

}  // namespace
}  // namespace keelson::factory
