/// Makes an erofs file system, read-only and compressed, from an OS tree on disk, with the host's mkfs.erofs (1.5 or
/// newer). The same tree and options give the same bytes with the same version of mkfs.erofs.
///
/// Unlike write_ext4(), owners, modes and attributes are those of the files on disk: run it where those are right (as
/// root, or inside the user namespace that the tree was made in). All times become the epoch.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "base/uuid.h"
#include "sys/root_dir.h"

namespace keelson::image {

enum class ErofsCompression { None, Lz4 };

struct ErofsOptions {
  Uuid uuid;
  std::int64_t epoch = 0;
  /// Unset: lz4 if mkfs.erofs has it, else none. Never lz4hc: it takes ten times as long for a tenth less.
  std::optional<ErofsCompression> compression;
  std::vector<std::string> empty_folders;  ///< folders that keep their place but whose content is left out
  std::filesystem::path file_contexts{};   ///< see erofs_labels.h; "": files have the labels that they have on disk
};

/// Writes the file system to `file`, which must not exist, and returns its size: a whole number of 4096-byte blocks,
/// known only now. On an error nothing is left at `file`.
/// @throws Error(NotFound) if mkfs.erofs is not installed; Error(BadInput) if it lacks the compression asked for.
ByteCount prepare_erofs(const RootDir& root, const std::filesystem::path& file, const ErofsOptions& options);

/// Copies a prepared file to `offset` of the disk image open at `raw`; the rest of the partition becomes a hole.
/// @param label what errors call the file system. @throws Error(BadInput) if it does not fit in `size`.
void place_erofs(const std::filesystem::path& file, int raw, ByteCount offset, ByteCount size, std::string_view label);

}  // namespace keelson::image
