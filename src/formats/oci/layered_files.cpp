#include "formats/oci/layered_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "base/error.h"
#include "base/harmless_text.h"
#include "base/text.h"

namespace keelson::oci {

namespace {

constexpr std::size_t kMostItems = 1'000'000;
constexpr std::size_t kMostPath = 4096;
constexpr std::size_t kMostName = 255;
constexpr std::size_t kMostDepth = 256;
constexpr int kMostLinks = 40;  // in one path, as the kernel follows
constexpr std::size_t kMostAttributeBytes = 64u << 20;
constexpr std::size_t kMostPieces = 1'000'000;
constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";
constexpr std::string_view kReserved = ".wh..wh.";  // of aufs, for itself

[[noreturn]] void refuse(std::string_view path, std::string_view why) {
  throw Error(ErrorKind::BadInput,
              fmt::format("cannot read 'tar': its entry '{}' {}", harmless_text(path.substr(0, 200)), why));
}

// "./usr//bin/x/" → usr, bin, x; the root itself has no parts.
std::vector<std::string_view> parts_of(std::string_view path) {
  if (path.size() > kMostPath) refuse(path, "has a path of more than 4096 bytes");
  std::vector<std::string_view> parts;
  for (const auto part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") refuse(path, "leads out of its folder by '..'");
    if (part.size() > kMostName) refuse(path, "has a name of more than 255 bytes");
    parts.push_back(part);
  }
  if (parts.size() > kMostDepth) refuse(path, "is more than 256 folders deep");
  return parts;
}

// The first that ends behind `offset`.
std::vector<ContentPlace>::const_iterator first_place_at(const std::vector<ContentPlace>& places,
                                                         std::uint64_t offset) {
  return std::upper_bound(places.begin(), places.end(), offset, [](std::uint64_t at, const ContentPlace& place) {
    return at < place.offset + place.range.length;
  });
}

NodeType type_of(tar::EntryType type) {
  switch (type) {
    case tar::EntryType::Folder:
      return NodeType::Folder;
    case tar::EntryType::Symlink:
      return NodeType::Symlink;
    case tar::EntryType::CharDevice:
      return NodeType::CharDevice;
    case tar::EntryType::BlockDevice:
      return NodeType::BlockDevice;
    case tar::EntryType::Fifo:
      return NodeType::Fifo;
    case tar::EntryType::File:
    case tar::EntryType::HardLink:
      break;
  }
  return NodeType::File;
}

}  // namespace

struct LayeredFiles::Item {
  Node node;
  std::uint32_t layer = 0;   ///< of a folder: the last that said something of it, or of what is in it
  std::uint32_t pruned = 0;  ///< the last that took away what the layers below have in this folder
  std::string target;
  const BlockSource* tar = nullptr;
  std::vector<ContentPlace> content;
  std::unique_ptr<std::map<std::string, std::string>> xattrs;
  std::unique_ptr<Children> children;  ///< of a folder
};

LayeredFiles::LayeredFiles() {
  identity_.type = "tar";
  add_item(NodeType::Folder);
}

LayeredFiles::~LayeredFiles() = default;

const LayeredFiles::Item& LayeredFiles::item(NodeId id) const {
  if (id >= items_.size()) throw Error(ErrorKind::BadInput, fmt::format("cannot read 'tar': there is no file {}", id));
  return items_[id];
}

NodeId LayeredFiles::add_item(NodeType type) {
  if (items_.size() >= kMostItems)
    throw Error(ErrorKind::BadInput, "cannot read 'tar': its layers hold more than 1,000,000 files");
  Item item;
  item.node.id = items_.size();
  item.node.type = type;
  item.node.mode = type == NodeType::Folder ? 0755 : 0644;
  item.layer = layer_;
  if (type == NodeType::Folder) item.children = std::make_unique<Children>();
  items_.push_back(std::move(item));
  return items_.size() - 1;
}

void LayeredFiles::add_layer(const BlockSource& tar, Whiteouts whiteouts) {
  ++layer_;
  identity_.size = identity_.size + tar.size();
  tar::Reader reader(tar);
  while (auto read = reader.next()) take(*read, tar, whiteouts);
  ended_by_zeros_ = reader.ended_by_zeros();
}

void LayeredFiles::take(tar::ReadEntry& read, const BlockSource& tar, Whiteouts whiteouts) {
  const std::string path = read.entry.path;
  auto parts = parts_of(path);
  if (parts.empty()) {
    if (read.entry.type != tar::EntryType::Folder) refuse(path, "is the root and no folder");
    fill(items_[0], read, tar);
    return;
  }
  const std::string name(parts.back());
  parts.pop_back();
  const NodeId folder = *folder_for(parts, path, Missing::Make);
  if (whiteouts == Whiteouts::Apply && name.starts_with(kWhiteout)) return take_whiteout(folder, name, path);
  if (read.entry.type == tar::EntryType::HardLink) return link(folder, name, read.entry.target, path);
  const NodeType type = type_of(read.entry.type);
  const auto known = find(folder, name);
  NodeId id = 0;
  if (type == NodeType::Folder && known && items_[*known].node.type == NodeType::Folder) {
    id = *known;  // what is in it stays
    items_[id].layer = layer_;
  } else {
    id = add_item(type);
    put(folder, name, id);
  }
  fill(items_[id], read, tar);
}

void LayeredFiles::fill(Item& item, tar::ReadEntry& read, const BlockSource& tar) {
  const tar::Entry& entry = read.entry;
  item.node.mode = entry.mode & 07777;
  item.node.uid = static_cast<std::uint32_t>(entry.uid);
  item.node.gid = static_cast<std::uint32_t>(entry.gid);
  item.node.modified = {.seconds = entry.mtime, .nanoseconds = read.nanoseconds};
  item.node.device_major = entry.device_major;
  item.node.device_minor = entry.device_minor;
  item.xattrs.reset();
  if (!entry.xattrs.empty()) {
    for (const auto& [name, value] : entry.xattrs) attribute_bytes_ += name.size() + value.size();
    if (attribute_bytes_ > kMostAttributeBytes) refuse(entry.path, "makes it more than 64 MiB of extended attributes");
    item.xattrs = std::make_unique<std::map<std::string, std::string>>(std::move(read.entry.xattrs));
  }
  if (item.node.type == NodeType::Symlink) {
    if (entry.target.empty() || entry.target.size() > kMostPath) refuse(entry.path, "is a symlink to nowhere");
    item.target = entry.target;
    item.node.size = {entry.target.size()};
  }
  if (item.node.type != NodeType::File) return;
  item.node.size = {read.size};
  item.tar = &tar;
  pieces_ += read.content.size() > 1 ? read.content.size() : 0;
  if (pieces_ > kMostPieces) refuse(entry.path, "makes it more than 1,000,000 pieces of sparse files");
  item.content = std::move(read.content);
  item.content.shrink_to_fit();
}

std::optional<NodeId> LayeredFiles::folder_in(NodeId parent, std::string_view name, Missing missing) {
  const auto known = find(parent, name);
  if (known || missing == Missing::Leave) return known;
  const NodeId made = add_item(NodeType::Folder);  // a tar need not name its folders
  put(parent, name, made);
  return made;
}

// Where an entry's folder is, symlinks followed inside the root; what is not there yet is made.
std::optional<NodeId> LayeredFiles::folder_for(const std::vector<std::string_view>& parts, std::string_view path,
                                               Missing missing) {
  std::deque<std::string> left(parts.begin(), parts.end());
  std::vector<NodeId> stack{root()};
  int links = 0;
  while (!left.empty()) {
    const std::string part = std::move(left.front());
    left.pop_front();
    if (part.empty() || part == ".") continue;
    if (part == "..") {  // of a symlink
      if (stack.size() > 1) stack.pop_back();
      continue;
    }
    if (part.size() > kMostName || stack.size() > kMostDepth) refuse(path, "lies behind a symlink that leads too deep");
    const auto found = folder_in(stack.back(), part, missing);
    if (!found) return std::nullopt;
    const NodeId next = *found;
    if (items_[next].node.type == NodeType::Symlink) {
      if (++links > kMostLinks) refuse(path, "lies behind more than 40 symlinks");
      const std::string& target = items_[next].target;
      if (target.starts_with('/')) stack.resize(1);
      const auto more = split(target, '/');
      left.insert(left.begin(), more.begin(), more.end());
      continue;
    }
    if (items_[next].node.type != NodeType::Folder) refuse(path, "lies in what is no folder");
    stack.push_back(next);
  }
  if (missing == Missing::Make)
    for (const NodeId each : stack) items_[each].layer = layer_;
  return stack.back();
}

void LayeredFiles::put(NodeId folder, std::string_view name, NodeId id) {
  const auto [at, is_new] = items_[folder].children->try_emplace(std::string(name), Child{id, layer_});
  if (is_new) return;
  drop(at->second.id);
  at->second = {id, layer_};
}

// The target is looked up by its own names, its folders through symlinks; it may be of a layer below.
void LayeredFiles::link(NodeId folder, std::string_view name, const std::string& target, std::string_view path) {
  auto parts = parts_of(target);
  if (parts.empty()) refuse(path, "is a hard link to nowhere");
  const std::string last(parts.back());
  parts.pop_back();
  const auto where = folder_for(parts, target, Missing::Leave);
  const auto found = where ? find(*where, last) : std::nullopt;
  if (!found || items_[*found].node.type == NodeType::Folder)
    refuse(path, fmt::format("is a hard link to '{}', which is not there", harmless_text(target.substr(0, 200))));
  if (find(folder, name) == found) return;
  ++items_[*found].node.links;
  put(folder, name, *found);
}

// One name of a file, or a folder with what is in it, is gone.
void LayeredFiles::drop(NodeId id) {
  std::vector<NodeId> waiting{id};
  while (!waiting.empty()) {
    Item& gone = items_[waiting.back()];
    waiting.pop_back();
    if (gone.node.type != NodeType::Folder) {
      if (gone.node.links > 1) --gone.node.links;
      continue;
    }
    for (const auto& [name, child] : *gone.children) waiting.push_back(child.id);
    gone.children->clear();
  }
}

void LayeredFiles::take_whiteout(NodeId folder, std::string_view name, std::string_view path) {
  if (name == kOpaque) return forget_below(folder);
  if (name.starts_with(kReserved)) return;
  const auto hidden = name.substr(kWhiteout.size());
  if (hidden.empty() || hidden == "." || hidden == "..") refuse(path, "is a whiteout of nothing");
  auto& children = *items_[folder].children;
  const auto found = children.find(hidden);
  if (found == children.end()) return;  // nothing to hide
  const NodeId id = found->second.id;
  if (!is_of_this_layer(found->second)) {
    drop(id);
    children.erase(found);
  } else if (items_[id].node.type == NodeType::Folder) {
    forget_below(id);  // the layer has it anew, and hides what was there
  }
}

bool LayeredFiles::is_of_this_layer(const Child& child) const {
  const Item& item = items_[child.id];
  return child.layer == layer_ || (item.node.type == NodeType::Folder && item.layer == layer_);
}

// Takes away what layers below this one have in a folder. Each folder is gone through at most once per layer: what
// comes into it later is this layer's own.
void LayeredFiles::forget_below(NodeId folder) {
  std::vector<NodeId> waiting{folder};
  while (!waiting.empty()) {
    Item& item = items_[waiting.back()];
    waiting.pop_back();
    if (item.pruned == layer_) continue;
    item.pruned = layer_;
    for (auto at = item.children->begin(); at != item.children->end();) {
      const NodeId child = at->second.id;
      if (!is_of_this_layer(at->second)) {
        drop(child);
        at = item.children->erase(at);
        continue;
      }
      if (items_[child].node.type == NodeType::Folder) waiting.push_back(child);
      ++at;
    }
  }
}

Node LayeredFiles::node(NodeId id) const { return item(id).node; }

std::vector<FolderEntry> LayeredFiles::list(NodeId folder) const {
  const Item& found = item(folder);
  if (!found.children) throw Error(ErrorKind::BadInput, fmt::format("cannot list 'file {}': it is no folder", folder));
  std::vector<FolderEntry> entries;
  entries.reserve(found.children->size());
  for (const auto& [name, child] : *found.children) entries.push_back({.name = name, .id = child.id});
  return entries;
}

std::optional<NodeId> LayeredFiles::find(NodeId folder, std::string_view name) const {
  const Item& found = item(folder);
  if (!found.children) throw Error(ErrorKind::BadInput, fmt::format("cannot list 'file {}': it is no folder", folder));
  const auto child = found.children->find(name);
  return child == found.children->end() ? std::nullopt : std::optional(child->second.id);
}

std::string LayeredFiles::link_target(NodeId symlink) const {
  const Item& found = item(symlink);
  if (found.node.type != NodeType::Symlink)
    throw Error(ErrorKind::BadInput, fmt::format("cannot read 'file {}': it is no symlink", symlink));
  return found.target;
}

std::map<std::string, std::string> LayeredFiles::xattrs(NodeId id) const {
  const Item& found = item(id);
  return found.xattrs ? *found.xattrs : std::map<std::string, std::string>{};
}

void LayeredFiles::read(NodeId file, std::uint64_t offset, std::span<std::byte> to) const {
  const Item& found = item(file);
  const std::uint64_t size = found.node.size.value;
  if (found.node.type != NodeType::File || offset > size || to.size() > size - offset)
    throw Error(ErrorKind::BadInput, fmt::format("cannot read 'file {}': past its end, or it is no file", file));
  std::fill(to.begin(), to.end(), std::byte{0});
  for (auto place = first_place_at(found.content, offset);
       place != found.content.end() && place->offset < offset + to.size(); ++place) {
    const std::uint64_t from = std::max(offset, place->offset);
    const std::uint64_t end = std::min(offset + to.size(), place->offset + place->range.length);
    found.tar->read(place->range.offset + (from - place->offset),
                    to.subspan(static_cast<std::size_t>(from - offset), static_cast<std::size_t>(end - from)));
  }
}

std::optional<BlockRange> LayeredFiles::next_data(NodeId file, std::uint64_t offset) const {
  const Item& found = item(file);
  const auto place = first_place_at(found.content, offset);
  if (place == found.content.end()) return std::nullopt;
  const std::uint64_t from = std::max(offset, place->offset);
  return BlockRange{from, place->offset + place->range.length - from};
}

std::optional<ContentPlaces> LayeredFiles::content_places(NodeId id) const {
  const Item& found = item(id);
  if (found.node.type != NodeType::File || found.tar == nullptr) return std::nullopt;
  return ContentPlaces{.disk = found.tar, .places = found.content};
}

}  // namespace keelson::oci
