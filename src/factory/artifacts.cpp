#include "factory/artifacts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "factory/esp_tree.h"
#include "image/fat_size.h"

namespace keelson::factory {

namespace fs = std::filesystem;

namespace {

using Files = std::vector<const image::EspFile*>;

std::string name_of(const image::EspFile& file) {
  return fold_case(std::string_view(file.path).substr(file.path.rfind('/') + 1));
}

// UEFI 2.10, section 3.5.1.1, table 3-1: the architectures that we build for, and 32-bit firmware of 64-bit machines.
constexpr std::array<std::string_view, 3> kSuffixes{"x64", "aa64", "ia32"};

// "shimx64.efi" for "shim" and any architecture; as GRUB, shim and systemd name theirs.
bool is_program(const image::EspFile& file, std::string_view stem) {
  const std::string name = name_of(file);
  return std::any_of(kSuffixes.begin(), kSuffixes.end(),
                     [&](std::string_view suffix) { return name == fmt::format("{}{}.efi", stem, suffix); });
}

bool is_in_efi(const image::EspFile& file) { return fold_case(file.path).starts_with("efi/"); }

bool is_started_by_firmware(const image::EspFile& file) {
  return fold_case(file.path).starts_with("efi/boot/") && is_program(file, "boot");
}

bool is_shim(const image::EspFile& file) { return is_in_efi(file) && is_program(file, "shim"); }

bool is_loader(const image::EspFile& file) {
  return is_in_efi(file) && (is_program(file, "grub") || is_program(file, "systemd-boot"));
}

constexpr std::string_view kUkiFolder = "efi/linux/";

bool is_uki(const image::EspFile& file) {
  const std::string path = fold_case(file.path);
  return path.starts_with(kUkiFolder) && path.ends_with(".efi") &&
         path.find('/', kUkiFolder.size()) == std::string::npos;
}

// systemd-stub(7): "NAME.efi.extra.d/ADDON.addon.efi" beside the image.
bool is_uki_addon(const image::EspFile& file) {
  const std::string path = fold_case(file.path);
  return path.starts_with(kUkiFolder) && path.ends_with(".addon.efi") && path.find(".extra.d/") != std::string::npos;
}

bool has_same_bytes(const image::EspFile& a, const image::EspFile& b) {
  const auto content = [](const image::EspFile& file) {
    return file.content ? std::string(as_text(*file.content)) : read_file(file.source);
  };
  return content(a) == content(b);
}

Files all_that(std::span<const image::EspFile> esp, bool (*is_one)(const image::EspFile&)) {
  Files found;
  for (const auto& file : esp) {
    if (is_one(file)) found.push_back(&file);
  }
  return found;
}

Files files_of(const std::string& item, std::span<const image::EspFile> esp, bool with_shim) {
  if (item == "ukis") return all_that(esp, is_uki);
  if (item == "uki-addons") return all_that(esp, is_uki_addon);
  Files found = all_that(esp, item == "shim" ? is_shim : is_loader);
  for (const auto* first : all_that(esp, is_started_by_firmware)) {
    const bool is_asked =
        item == "shim" || (!with_shim && std::any_of(found.begin(), found.end(),
                                                     [&](const auto* file) { return has_same_bytes(*file, *first); }));
    if (is_asked) found.push_back(first);
  }
  return found;
}

std::string_view what_is_missing(const std::string& item) {
  if (item == "ukis") return "there is no unified kernel image in EFI/Linux";
  if (item == "uki-addons") return "no unified kernel image in EFI/Linux has an addon";
  if (item == "shim") return "there is neither EFI/BOOT/BOOTX64.EFI nor a shim";
  return "there is neither GRUB nor systemd-boot on the EFI system partition";
}

// "ukis/NAME" unless two files have that name; then what leads to them too.
std::string source_of(const std::string& type, const image::EspFile& file, const Files& all) {
  const std::string below = file.path.substr(file.path.find('/') + 1);  // without "EFI/"
  if (type.starts_with("uki")) return "ukis/" + below.substr(below.find('/') + 1);
  const auto same =
      std::count_if(all.begin(), all.end(), [&](const auto* other) { return name_of(*other) == name_of(file); });
  return fmt::format("{}/{}", type, same > 1 ? below : below.substr(below.rfind('/') + 1));
}

void check_names(std::span<const Artifact> artifacts) {
  std::vector<image::EspFile> named;
  for (const auto& artifact : artifacts)
    named.push_back({.path = artifact.file->path, .source = {}, .content = Bytes{}});
  image::check_esp_paths(named);
}

}  // namespace

void check_artifacts(const recipe::Recipe& recipe) {
  if (!recipe.output.artifacts) return;
  const auto& items = recipe.output.artifacts->items;
  if (std::find(items.begin(), items.end(), "verity-hash") == items.end()) return;
  throw Error(ErrorKind::BadInput, "cannot hand out 'verity-hash': this version signs root hashes itself",
              "leave it out of output.artifacts.items; os.secureBoot names the key");
}

std::vector<Artifact> choose_artifacts(std::span<const std::string> items, std::span<const image::EspFile> esp) {
  const auto is_asked = [&](std::string_view item) {
    return std::find(items.begin(), items.end(), item) != items.end();
  };
  std::vector<Artifact> artifacts;
  for (const std::string type : {"ukis", "uki-addons", "shim", "bootloader"}) {
    const bool comes_along = type == "uki-addons" && is_asked("ukis");
    if (!is_asked(type) && !comes_along) continue;
    Files files = files_of(type, esp, is_asked("shim"));
    if (files.empty() && is_asked(type)) {
      throw Error(ErrorKind::BadInput, fmt::format("cannot hand out '{}': {}", type, what_is_missing(type)),
                  "leave it out of output.artifacts.items");
    }
    std::sort(files.begin(), files.end(), [](const auto* a, const auto* b) { return a->path < b->path; });
    for (const auto* file : files)
      artifacts.push_back({.type = type, .source = source_of(type, *file, files), .file = file});
  }
  check_names(artifacts);
  return artifacts;
}

// Names hold letters, digits, spaces and "._-+~@" (check_esp_paths()): in double quotes they need no escapes.
std::string inject_files_document(std::span<const Artifact> artifacts, const Uuid& partition) {
  std::string text =
      "# The boot files that stand beside this document, unsigned. Sign each in its place, then put them back:\n"
      "#   keelson inject-files --config-file inject-files.yaml --image-file IMAGE --output-image-file SIGNED\n"
      "previewFeatures:\n"
      "- inject-files\n"
      "injectFiles:\n";
  for (const auto& artifact : artifacts) {
    text += fmt::format(
        "- partition:\n"
        "    idType: part-uuid\n"
        "    id: {}\n"
        "  destination: \"/{}\"\n"
        "  source: \"./{}\"\n"
        "  type: {}\n",
        partition.text(), artifact.file->path, artifact.source, artifact.type);
  }
  return text;
}

StagedArtifacts::StagedArtifacts(const recipe::Artifacts& artifacts, std::span<const image::EspFile> esp,
                                 const Uuid& partition)
    : document_(artifacts.path / kInjectFilesDocument) {
  const auto chosen = choose_artifacts(artifacts.items, esp);
  try {
    for (const auto& artifact : chosen) stage(artifacts.path / artifact.source, *artifact.file);
    const auto document = inject_files_document(chosen, partition);
    const ByteView bytes = as_bytes(document);
    stage(document_, {.path = {}, .source = {}, .content = Bytes(bytes.begin(), bytes.end())});
  } catch (...) {  // no destructor runs for what was not constructed
    undo();
    throw;
  }
}

StagedArtifacts::~StagedArtifacts() {
  if (!committed_) undo();
}

void StagedArtifacts::undo() noexcept {
  files_.clear();
  for (auto folder = made_.rbegin(); folder != made_.rend(); ++folder) {
    std::error_code ignored;  // somebody may have put something into it
    fs::remove(*folder, ignored);
  }
}

void StagedArtifacts::make_folder(const fs::path& folder) {
  if (folder.empty()) return;
  if (fs::exists(folder)) {
    remove_stale_temporaries(folder);
    return;
  }
  make_folder(folder.parent_path());
  std::error_code cause;
  if (fs::create_directory(folder, cause)) made_.push_back(folder);
  if (cause) throw system_error("make folder", folder.native(), cause.value());
}

void StagedArtifacts::stage(const fs::path& path, const image::EspFile& file) {
  make_folder(path.parent_path());
  auto target = std::make_unique<AtomicFile>(path);
  if (file.content) {
    target->write(*file.content);
  } else {
    read_file_in_pieces(file.source, [&](ByteView piece) { target->write(piece); });
  }
  files_.push_back(std::move(target));
}

fs::path StagedArtifacts::commit() {
  std::error_code ignored;
  fs::remove(document_, ignored);  // until all is in place, no document speaks of it
  committed_ = true;
  for (const auto& file : files_) file->commit();
  return document_;
}

}  // namespace keelson::factory
