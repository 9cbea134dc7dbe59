#include "formats/oci/layered_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "base/error.h"
#include "formats/tar/writer.h"

namespace keelson::oci {
namespace {

using tar::Entry;
using tar::EntryType;
using testing::ElementsAre;
using testing::HasSubstr;

using Layer = std::vector<std::pair<Entry, std::string>>;

std::pair<Entry, std::string> file(std::string path, std::string content = "") {
  return {{.path = std::move(path)}, std::move(content)};
}
std::pair<Entry, std::string> folder(std::string path) {
  return {{.path = std::move(path), .type = EntryType::Folder, .mode = 0700}, ""};
}
std::pair<Entry, std::string> link(std::string path, std::string target, EntryType type = EntryType::Symlink) {
  return {{.path = std::move(path), .type = type, .target = std::move(target)}, ""};
}

/// Layers and the tree of them; tars stay where they are.
class Tree {
 public:
  explicit Tree(const std::vector<Layer>& layers, Whiteouts whiteouts = Whiteouts::Apply) {
    for (const auto& layer : layers) {
      tar::Writer writer;
      for (const auto& [entry, content] : layer) writer.add(entry, content);
      tars_.emplace_back(writer.finish());
      files_.add_layer(tars_.back(), whiteouts);
    }
  }

  const LayeredFiles& files() const { return files_; }

  std::vector<std::string> all() const {
    std::vector<std::string> paths;
    list(files_.root(), "", paths);
    return paths;
  }

  std::optional<NodeId> find(const std::string& path) const {
    NodeId at = files_.root();
    for (std::size_t from = 0; from < path.size();) {
      const auto slash = std::min(path.find('/', from), path.size());
      const auto found = files_.find(at, path.substr(from, slash - from));
      if (!found) return std::nullopt;
      at = *found;
      from = slash + 1;
    }
    return at;
  }

  std::string text(const std::string& path) const {
    const Node node = files_.node(*find(path));
    std::string text(node.size.value, '?');
    files_.read(node.id, 0, std::as_writable_bytes(std::span(text)));
    return text;
  }

 private:
  void list(NodeId at, const std::string& prefix, std::vector<std::string>& paths) const {
    for (const auto& entry : files_.list(at)) {
      paths.push_back(prefix + entry.name);
      if (files_.node(entry.id).type == NodeType::Folder) list(entry.id, prefix + entry.name + "/", paths);
    }
  }

  std::deque<MemoryBlocks> tars_;
  LayeredFiles files_;
};

std::string refusal(const std::vector<Layer>& layers) {
  try {
    const Tree tree(layers);
  } catch (const Error& error) {
    return error.message();
  }
  return "accepted";
}

TEST(LayeredFiles, ALayerAddsReplacesAndHides) {
  const Tree tree(
      {{folder("a"), file("a/one", "1"), file("a/two", "2"), file("b/three", "3"), folder("c"), file("c/x")},
       {file("a/one", "new"), file("a/.wh.two"), file(".wh.b"), file("c", "no folder now")}});
  EXPECT_THAT(tree.all(), ElementsAre("a", "a/one", "c"));
  EXPECT_EQ(tree.text("a/one"), "new");
  EXPECT_EQ(tree.text("c"), "no folder now");
  EXPECT_EQ(tree.files().node(*tree.find("a")).mode, 0700u);
}

// layer.md: whiteouts hide what is below, never what stands in the same layer, whichever comes first.
TEST(LayeredFiles, AWhiteoutDoesNotHideItsOwnLayer) {
  const std::vector<Layer> layers{{file("d/old"), file("d/e/old"), file("f/old")},
                                  {file("d/new"), file("d/e/new"), file("d/.wh..wh..opq"), file("d/late"),
                                   file(".wh.f"), file("f/new"), file("g"), file(".wh.g")}};
  EXPECT_THAT(Tree(layers).all(), ElementsAre("d", "d/e", "d/e/new", "d/late", "d/new", "f", "f/new", "g"));
  auto other_order = layers;
  std::reverse(other_order[1].begin(), other_order[1].end());
  EXPECT_EQ(Tree(other_order).all(), Tree(layers).all());
}

TEST(LayeredFiles, AHardLinkToALowerLayerOutlivesThatName) {
  const Tree tree({{file("a/x", "kept"), file("a/y")}, {link("b", "a/x", EntryType::HardLink), file("a/.wh.x")}});
  EXPECT_THAT(tree.all(), ElementsAre("a", "a/y", "b"));
  EXPECT_EQ(tree.text("b"), "kept");
  EXPECT_EQ(tree.files().node(*tree.find("b")).links, 1u);
  const Tree twice({{file("x"), link("y", "x", EntryType::HardLink), link("y", "x", EntryType::HardLink)}});
  EXPECT_EQ(twice.files().node(*twice.find("y")).links, 2u);
  EXPECT_EQ(twice.find("x"), twice.find("y"));
}

TEST(LayeredFiles, SymlinksInAPathLeadWithinTheRoot) {
  const Tree tree({{folder("usr/lib"), link("lib", "usr/lib"), link("up", "../../../.."), link("top", "/usr"),
                    link("far", "/not/there/yet")},
                   {file("lib/a"), file("up/b"), file("top/c"), file("far/d")}});
  EXPECT_TRUE(tree.find("usr/lib/a"));
  EXPECT_TRUE(tree.find("b"));
  EXPECT_TRUE(tree.find("usr/c"));
  EXPECT_TRUE(tree.find("not/there/yet/d"));
  EXPECT_EQ(tree.files().link_target(*tree.find("lib")), "usr/lib");
}

TEST(LayeredFiles, ATarThatIsNoLayerHasNoWhiteouts) {
  const Tree tree({{file("a"), file(".wh.a"), file(".wh..wh..opq")}}, Whiteouts::AsFiles);
  EXPECT_THAT(tree.all(), ElementsAre(".wh..wh..opq", ".wh.a", "a"));
  const Tree layer({{file("a")}, {file(".wh..wh.plnk"), file(".wh.none")}});
  EXPECT_THAT(layer.all(), ElementsAre("a"));
}

TEST(LayeredFiles, AttributesAndDevicesAreTold) {
  const Tree tree(
      {{{{.path = "able", .mode = 04755, .uid = 7, .gid = 8, .mtime = 9, .xattrs = {{"security.capability", "v"}}},
         "x"},
        {{.path = "null", .type = EntryType::CharDevice, .device_major = 1, .device_minor = 3}, ""}},
       {{{.path = "able", .mode = 0600}, "y"}}});
  const Node node = tree.files().node(*tree.find("able"));
  EXPECT_EQ(node.mode, 0600u);
  EXPECT_TRUE(tree.files().xattrs(node.id).empty());  // the whole entry is replaced
  EXPECT_EQ(tree.files().node(*tree.find("null")).type, NodeType::CharDevice);
  EXPECT_EQ(tree.files().node(*tree.find("null")).device_minor, 3u);
  std::byte byte{};
  EXPECT_THROW(tree.files().read(*tree.find("null"), 0, {&byte, 1}), Error);
  EXPECT_THROW(tree.files().read(*tree.find("able"), 1, {&byte, 1}), Error);
  EXPECT_THROW(tree.files().node(99), Error);
}

TEST(LayeredFiles, WhatWouldLeaveTheRootOrNeverEndIsRefused) {
  EXPECT_THAT(refusal({{link("h", "nowhere", EntryType::HardLink)}}),
              HasSubstr("hard link to 'nowhere', which is not there"));
  EXPECT_THAT(refusal({{link("h", "../h", EntryType::HardLink)}}), HasSubstr("'..'"));
  EXPECT_THAT(refusal({{folder("d"), link("h", "d", EntryType::HardLink)}}), HasSubstr("which is not there"));
  EXPECT_THAT(refusal({{link("a", "b"), link("b", "a"), file("a/x")}}), HasSubstr("more than 40 symlinks"));
  EXPECT_THAT(refusal({{file("f"), file("f/x")}}), HasSubstr("in what is no folder"));
  EXPECT_THAT(refusal({{file("d/.wh...")}}), HasSubstr("whiteout of nothing"));
  EXPECT_THAT(refusal({{file("d/.wh.")}}), HasSubstr("whiteout of nothing"));
  std::string deep;
  for (int i = 0; i < 300; ++i) deep += "d/";
  EXPECT_THAT(refusal({{file(deep + "x")}}), HasSubstr("256 folders deep"));
  EXPECT_THAT(refusal({{file(std::string(256, 'n'))}}), HasSubstr("255 bytes"));
  // By symlinks that append to one another a path could grow without end.
  EXPECT_THAT(refusal({{link("a", std::string(200, 'd') + "/../a/" + std::string(10, 'e')), file("a/x")}}),
              HasSubstr("symlinks"));
}

TEST(LayeredFiles, TheSameFolderMadeOpaqueAgainAndAgainCostsOnce) {
  Layer lower, upper;
  for (int i = 0; i < 5000; ++i) lower.push_back(file("d/" + std::to_string(i)));
  for (int i = 0; i < 5000; ++i) {
    upper.push_back(file("d/n" + std::to_string(i)));
    upper.push_back(file("d/.wh..wh..opq"));
  }
  EXPECT_EQ(Tree({lower, upper}).all().size(), 5001u);
}

}  // namespace
}  // namespace keelson::oci
