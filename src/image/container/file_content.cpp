#include "image/container/file_content.h"

#include "base/error.h"

namespace keelson::image {

namespace {

class FileContent final : public BlockSource {
 public:
  FileContent(const FileSystem& files, const Node& node) : files_(files), node_(node) {}

  ByteCount size() const override { return node_.size; }
  void read(std::uint64_t offset, std::span<std::byte> to) const override {
    if (offset > node_.size.value || to.size() > node_.size.value - offset)
      throw Error(ErrorKind::BadInput, "cannot read 'file': past its end");
    files_.read(node_.id, offset, to);
  }
  std::optional<BlockRange> next_data(std::uint64_t offset) const override {
    return files_.next_data(node_.id, offset);
  }

 private:
  const FileSystem& files_;
  Node node_;
};

}  // namespace

std::unique_ptr<BlockSource> open_content(const FileSystem& files, NodeId file) {
  const Node node = files.node(file);
  if (node.type != NodeType::File) throw Error(ErrorKind::BadInput, "cannot read 'blob': it is no regular file");
  const auto content = files.content_places(file);
  if (content && content->places.size() == 1) {
    const ContentPlace& place = content->places.front();
    if (place.offset == 0 && place.range.length == node.size.value)
      return std::make_unique<BlockSlice>(*content->disk, place.range);
  }
  return std::make_unique<FileContent>(files, node);
}

}  // namespace keelson::image
