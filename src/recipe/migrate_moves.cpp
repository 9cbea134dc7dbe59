// Keys that moved between sections. Source: the history of Image Customizer's configuration, October 2023 to 2026.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "recipe/language.h"
#include "recipe/migrate_forms.h"

namespace keelson::recipe {

namespace {

struct Move {
  std::string_view from;
  std::string_view to;
  std::string_view why;
};

constexpr std::string_view kLayout = "the disk's layout has a section of its own";
constexpr std::string_view kPackages = "packages have a section of their own";
constexpr std::string_view kScripts = "scripts have a section of their own";

// In this order: later lines see what earlier ones moved.
constexpr std::array kMoves{
    Move{"systemConfig", "os", "the section was renamed"},
    Move{"disks", "storage.disks", kLayout},
    Move{"os.bootType", "storage.bootType", kLayout},
    Move{"os.resetPartitionsUuidsType", "storage.resetPartitionsUuidsType", kLayout},
    Move{"os.resetBootLoaderType", "os.bootloader.resetType", "the boot loader has a section of its own"},
    Move{"os.updateBaseImagePackages", "os.packages.updateExistingPackages", kPackages},
    Move{"os.packageListsInstall", "os.packages.installLists", kPackages},
    Move{"os.packagesInstall", "os.packages.install", kPackages},
    Move{"os.packageListsRemove", "os.packages.removeLists", kPackages},
    Move{"os.packagesRemove", "os.packages.remove", kPackages},
    Move{"os.packageListsUpdate", "os.packages.updateLists", kPackages},
    Move{"os.packagesUpdate", "os.packages.update", kPackages},
    Move{"os.kernelCommandLine.selinuxMode", "os.selinux.mode", "SELinux has a section of its own"},
    Move{"os.kernelCommandLine.selinux", "os.selinux.mode", "SELinux has a section of its own"},
    Move{"os.postInstallScripts", "scripts.postCustomization", kScripts},
    Move{"os.finalizeImageScripts", "scripts.finalizeCustomization", kScripts},
    Move{"iso.kernelExtraCommandLine", "iso.kernelCommandLine.extraCommandLine", "as for the system itself"},
    Move{"pxe.isoImageBaseUrl", "pxe.bootstrapBaseUrl", "the key was renamed"},
    Move{"pxe.isoImageFileUrl", "pxe.bootstrapFileUrl", "the key was renamed"},
    Move{"pxe.isoImageUrl", "pxe.bootstrapFileUrl", "the key was renamed"},
    Move{"storage.fileSystems", "storage.filesystems", "the key was renamed"},
};

void move(Node& root, std::string_view from, std::string_view to, std::string_view why, Notes& notes) {
  auto taken = take_at(root, from);
  if (!taken) return;
  const Mark mark = taken->mark;
  if (is_nothing(taken->value) || put_at(root, to, taken->value, mark)) {
    notes.changed(mark, std::string(from), std::string(to), std::string(why));
    return;
  }
  put_at(root, from, std::move(taken->value), mark);
  notes.needs_hand(mark, std::string(from), fmt::format("it belongs at '{}', where something else is", to));
}

bool knows(const Section& section, std::string_view key) {
  return std::any_of(section.keys.begin(), section.keys.end(), [&](const Key& k) { return k.name == key; });
}

/// "hostname" at the top belongs into `os`, "filesystems" into `storage`.
void move_from_top(Node& root, Notes& notes) {
  std::vector<std::string> keys;
  for (const auto& entry : root.entries) keys.push_back(entry.key);
  for (const auto& key : keys) {
    if (knows(recipe_section(), key)) continue;
    for (const auto& [name, section] : {std::pair{"os", &os_section()}, std::pair{"storage", &storage_section()}}) {
      if (!knows(*section, key)) continue;
      move(root, key, fmt::format("{}.{}", name, key), fmt::format("the key belongs to '{}'", name), notes);
      break;
    }
  }
}

/// Packages were once a list right below the system, beside a list of lists.
void move_package_lists(Node& root, Notes& notes) {
  const Node* packages = find_at(root, "os.packages");
  if (packages != nullptr && packages->kind == Node::Kind::List) {
    auto list = take_at(root, "os.packages");
    const Mark mark = list->mark;
    put_at(root, "os.packages.install", std::move(list->value), mark);
    notes.changed(mark, "os.packages", "os.packages.install", std::string(kPackages));
  }
  move(root, "os.packageLists", "os.packages.installLists", kPackages, notes);
}

/// Previews that are over, or that one name now stands for.
void rename_previews(Node& root, Notes& notes) {
  Node* features = find_at(root, "previewFeatures");
  if (features == nullptr) return;
  Node kept = list_node(features->mark);
  for (auto& feature : features->items) {
    const std::string was = "previewFeatures: " + feature.text;
    if (feature.text == "cosi-compression") {
      notes.changed(feature.mark, was, "nothing", "the feature is no preview any more");
      continue;
    }
    if (feature.text.starts_with("ubuntu-") || feature.text.starts_with("fedora-")) {
      notes.changed(feature.mark, was, "previewFeatures: preview-distro-version", "one name stands for all of them");
      feature.text = "preview-distro-version";
      const bool there =
          std::any_of(kept.items.begin(), kept.items.end(), [&](const Node& n) { return n.text == feature.text; });
      if (there) continue;
    }
    kept.items.push_back(std::move(feature));
  }
  *features = std::move(kept);
}

/// A new disk used to bring a new boot loader without saying so.
void add_boot_loader_reset(Node& root, Mark mark, Notes& notes) {
  if (put_at(root, "os.bootloader.resetType", text_node("hard-reset", mark), mark)) {
    notes.changed(mark, "disks", "disks, with os.bootloader.resetType: hard-reset",
                  "a new disk needs the boot loader written anew, which now must be said");
  }
}

}  // namespace

void move_old_keys(Node& root, Notes& notes) {
  const Node* old_disks = find_at(root, "disks");
  const std::optional<Mark> old_layout = old_disks != nullptr ? std::optional(old_disks->mark) : std::nullopt;
  for (const auto& each : kMoves) move(root, each.from, each.to, each.why, notes);
  move_from_top(root, notes);
  move_package_lists(root, notes);
  rename_previews(root, notes);
  if (old_layout && find_at(root, "storage.disks") != nullptr) add_boot_loader_reset(root, *old_layout, notes);
}

}  // namespace keelson::recipe
