#include "base/file_mode.h"

#include <algorithm>
#include <array>

namespace keelson {

namespace {

struct Kind {
  NodeType type;
  std::uint32_t mode;  ///< inode(7)
  std::uint8_t code;   ///< include/linux/fs_types.h, FT_…
};

constexpr std::array<Kind, 7> kKinds{{{NodeType::File, 0100000, 1},
                                      {NodeType::Folder, 0040000, 2},
                                      {NodeType::CharDevice, 0020000, 3},
                                      {NodeType::BlockDevice, 0060000, 4},
                                      {NodeType::Fifo, 0010000, 5},
                                      {NodeType::Socket, 0140000, 6},
                                      {NodeType::Symlink, 0120000, 7}}};

const Kind& kind_of(NodeType type) {
  return *std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& kind) { return kind.type == type; });
}

}  // namespace

std::optional<NodeType> type_of_mode(std::uint32_t mode) {
  constexpr std::uint32_t kTypeBits = ~std::uint32_t{07777};
  const auto* found =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& kind) { return kind.mode == (mode & kTypeBits); });
  if (found == kKinds.end()) return std::nullopt;
  return found->type;
}

std::uint32_t mode_bits(NodeType type) { return kind_of(type).mode; }

std::uint8_t folder_type_code(NodeType type) { return kind_of(type).code; }

}  // namespace keelson
