#include "formats/btrfs/cursor.h"

#include <fmt/format.h>

#include <algorithm>

namespace keelson::btrfs {

namespace {

constexpr Key kEnd = {~std::uint64_t{0}, 0xff, ~std::uint64_t{0}};

[[noreturn]] void refuse_block(const TreeRoot& at, std::string_view why) {
  refuse(fmt::format("tree block at {}", at.logical), why);
}

void check(const TreeBlock& block, const TreeRoot& expected, const Key& end) {
  if (block.level() != expected.level) {
    refuse_block(expected, fmt::format("its level is {}, not {}", block.level(), expected.level));
  }
  if (block.generation() != expected.generation) {
    refuse_block(expected, fmt::format("its generation is {}, not {}", block.generation(), expected.generation));
  }
  if (block.count() > 0 && block.key(block.count() - 1) >= end) refuse_block(expected, "its keys reach past its end");
}

}  // namespace

void Cursor::start() {
  path_.clear();
  auto block = volume_.read_tree_block(root_.logical);
  check(*block, root_, kEnd);
  path_.push_back({std::move(block), 0, kEnd});
}

// To the block that the last step's index names.
void Cursor::descend() {
  const Step& above = path_.back();
  const TreeRoot child = above.block->child(above.index);
  const Key end = above.index + 1 < above.block->count() ? above.block->key(above.index + 1) : above.end;
  auto block = volume_.read_tree_block(child.logical);
  check(*block, child, end);
  if (block->count() == 0 || block->key(0) != above.block->key(above.index)) {
    refuse_block(child, "it does not begin with the key that it is named by");
  }
  path_.push_back({std::move(block), 0, end});
}

bool Cursor::seek(const Key& key) {
  for (start(); path_.back().block->level() > 0; descend()) {
    Step& step = path_.back();
    step.index = std::max<std::size_t>(step.block->upper_bound(key), 1) - 1;
  }
  Step& leaf = path_.back();
  leaf.index = leaf.block->lower_bound(key);
  if (leaf.index < leaf.block->count()) return true;
  if (leaf.index == 0) return false;  // an empty tree
  --leaf.index;
  return next();
}

bool Cursor::seek_last(const Key& key) {
  for (start();; descend()) {
    Step& step = path_.back();
    const std::size_t after = step.block->upper_bound(key);
    if (after == 0) return false;
    step.index = after - 1;
    if (step.block->level() == 0) return true;
  }
}

bool Cursor::next() {
  while (path_.back().index + 1 >= path_.back().block->count()) {
    path_.pop_back();
    if (path_.empty()) return false;
  }
  ++path_.back().index;
  while (path_.back().block->level() > 0) descend();
  return true;
}

}  // namespace keelson::btrfs
