#include "image/filesystems/erofs_labels.h"

#include <gtest/gtest.h>

namespace keelson::image {
namespace {

Tree labelled() {
  Tree tree;
  const auto add = [&](std::string path, EntryType type, std::size_t parent, const std::string& label) {
    TreeEntry entry;
    entry.path = std::move(path);
    entry.type = type;
    entry.parent = parent;
    if (!label.empty()) entry.xattrs["security.selinux"] = label + '\0';
    tree.entries.push_back(std::move(entry));
  };
  add("", EntryType::Folder, TreeEntry::kNone, "u:o:root_t:s0");
  add("etc", EntryType::Folder, 0, "u:o:etc_t:s0");
  add("etc/a b.conf", EntryType::File, 1, "u:o:etc_t:s0");
  add("etc/shadow", EntryType::File, 1, "u:o:shadow_t:s0");
  add("etc/z (1)", EntryType::Folder, 1, "u:o:z_t:s0");
  add("etc/z (1)/same", EntryType::File, 4, "u:o:z_t:s0");
  add("etc/z (1)/\xc3\xbc", EntryType::File, 4, "u:o:etc_t:s0");
  add("proc", EntryType::Folder, 0, "");
  add("root.txt", EntryType::File, 0, "u:o:root_t:s0");
  return tree;
}

TEST(ErofsLabels, OnlyWhatDiffersIsNamed) {
  EXPECT_EQ(erofs_file_contexts(labelled()),
            "/.*\tu:o:root_t:s0\n"
            "/etc(/.*)?\tu:o:etc_t:s0\n"
            "/etc/shadow\tu:o:shadow_t:s0\n"
            "/etc/z[\\x20]\\(1\\)(/.*)?\tu:o:z_t:s0\n"
            "/etc/z[\\x20]\\(1\\)/[\\xc3][\\xbc]\tu:o:etc_t:s0\n"
            "/proc(/.*)?\t<<none>>\n");
}

TEST(ErofsLabels, AsManyAsThereAreEntriesAreNotNeeded) {
  Tree tree;
  TreeEntry root;
  root.xattrs["security.selinux"] = std::string("u:o:usr_t:s0\0", 13);
  root.type = EntryType::Folder;
  tree.entries.push_back(root);
  for (int i = 0; i < 1000; ++i) {
    TreeEntry file = root;
    file.type = EntryType::File;
    file.parent = 0;
    file.path = "file" + std::to_string(i);
    tree.entries.push_back(std::move(file));
  }
  EXPECT_EQ(erofs_file_contexts(tree), "/.*\tu:o:usr_t:s0\n");
}

}  // namespace
}  // namespace keelson::image
