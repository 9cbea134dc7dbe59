/// The index files that libkmod looks modules up in: a trie of keys, each with its values.
/// Spec: kmod 34, shared/index and depmod.c "index_write": big-endian; magic 0xB007F457, version 2.1, the root's
/// offset; each node: prefix, children's offsets, values. Node offsets carry flags in their upper four bits.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace keelson::initrd {

/// Key and value; several pairs may share a key.
using IndexPairs = std::vector<std::pair<std::string, std::string>>;

/// Writes an index. Order of the pairs does not matter; keys with bytes above 127, which kmod can't hold, and pairs
/// that occur twice are left out.
std::string write_module_index(IndexPairs pairs);

/// An alias as depmod stores it: "_" for "-" except inside "[…]".
std::string normalize_alias(std::string_view alias);

}  // namespace keelson::initrd
