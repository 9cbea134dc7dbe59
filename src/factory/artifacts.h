/// A recipe's `output.artifacts`: the unsigned boot files of a finished image, copied out so that they can be signed,
/// and beside them the document with which `keelson inject-files` puts them back. Source: Image Customizer 1.7,
/// "outputArtifacts type" and "injectFilesConfig type".
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "image/esp.h"
#include "recipe/recipe.h"
#include "sys/file.h"

namespace keelson::factory {

inline constexpr const char* kInjectFilesDocument = "inject-files.yaml";

/// One file that is handed out.
struct Artifact {
  std::string type;                      ///< "ukis", "uki-addons", "shim", "bootloader"
  std::string source;                    ///< where it goes, relative to the folder: "ukis/vmlinuz-6.12.efi"
  const image::EspFile* file = nullptr;  ///< what it is on the ESP
};

/// Refuses what this version can't hand out, before any work is done. @throws Error(BadInput)
void check_artifacts(const recipe::Recipe& recipe);

/// Which files of an ESP the items mean: as `ukis` those in EFI/Linux with their addons, as `uki-addons` these alone;
/// as `shim` what firmware starts (EFI/BOOT/BOOTX64.EFI) and every shim; as `bootloader` every GRUB and systemd-boot,
/// and when no `shim` is asked for, what firmware starts if it is one of these. In order of type and path.
/// @throws Error(BadInput) naming an item of which the image has nothing, or a name that no ESP should have.
std::vector<Artifact> choose_artifacts(std::span<const std::string> items, std::span<const image::EspFile> esp);

/// The document that names them.
std::string inject_files_document(std::span<const Artifact> artifacts, const Uuid& partition);

/// Everything written, under temporary names. Without commit() nothing stays.
class StagedArtifacts {
 public:
  /// @param partition the ESP's. @throws Error as choose_artifacts(), or if the folder can't be written.
  StagedArtifacts(const recipe::Artifacts& artifacts, std::span<const image::EspFile> esp, const Uuid& partition);
  StagedArtifacts(const StagedArtifacts&) = delete;
  StagedArtifacts& operator=(const StagedArtifacts&) = delete;
  ~StagedArtifacts();

  /// Puts every file in its place, the document last: what it names is there and whole.
  /// @return the document.
  std::filesystem::path commit();

 private:
  void undo() noexcept;
  void make_folder(const std::filesystem::path& folder);
  void stage(const std::filesystem::path& path, const image::EspFile& file);

  std::filesystem::path document_;
  std::vector<std::unique_ptr<AtomicFile>> files_;
  std::vector<std::filesystem::path> made_;  ///< folders, parents first
  bool committed_ = false;
};

}  // namespace keelson::factory
