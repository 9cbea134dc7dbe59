/// `keelson inject-files`: files, above all signed boot files, put into the partitions of an image that stays as it is
/// otherwise.
/// Source: Image Customizer 1.7, "inject-files subcommand" and "injectFilesConfig type".
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/reporter.h"

namespace keelson::factory {

struct InjectRequest {
  std::filesystem::path image_file;
  std::filesystem::path config_file;  ///< the document that says what goes where
  std::filesystem::path output_file;
  std::string format;                  ///< "": the image's own
  std::filesystem::path build_folder;  ///< where to lay out an ext4 partition; "": memory when it fits, else the cache
  std::filesystem::path cache_folder;
};

struct InjectedFile {
  std::uint32_t partition = 0;  ///< its number
  std::string destination;
};

struct InjectResult {
  std::filesystem::path file;
  std::string format;
  std::vector<InjectedFile> injected;  ///< in the document's order
};

/// Checks everything before it writes anything: that each partition is there, each source is what its type says (a
/// boot file is a 64-bit UEFI program), and no destination is named twice. A FAT partition is changed in place, so that
/// nothing else in it moves; an ext4 partition is written anew with its old identity; what else is on the disk stays
/// byte for byte. Same image, document and files: same bytes. The input is never changed. Enters private namespaces
/// when there is ext4 to write: call it once per process.
/// @throws Error naming the destination; nothing is left under the output's name then.
InjectResult inject_files(const InjectRequest& request, Reporter& reporter);

/// Removes what a killed run left under temporary names.
void remove_leftovers(const InjectRequest& request);

}  // namespace keelson::factory
