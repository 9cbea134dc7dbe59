#include "os/loader_kernels.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "os/boot_configuration.h"
#include "os/tree.h"

namespace keelson::os {

namespace {

constexpr std::string_view kKernel = "vmlinuz-";
constexpr ByteCount kLargestFile = mebibytes(512);

bool has(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

// Entries name files from the top of the file system that holds them: "boot/efi/loader/entries/a.conf" is "boot/efi".
std::string top_of(const std::string& configuration) {
  return configuration.substr(0, configuration.find("/loader/entries/"));
}

std::vector<KernelEntry> entries_of_loader(const RootDir& root) {
  auto entries = kernel_entries(root);
  std::erase_if(entries,
                [](const auto& entry) { return !entry.configuration.ends_with(".conf") || entry.release.empty(); });
  return entries;
}

void copy_into_place(const RootDir& root, const std::string& from, const std::string& to) {
  if (from == to || root.exists(to) || !root.exists(from)) return;
  root.make_folders(parent_of(to));
  root.write(to, root.read(from, kLargestFile));
}

/// As `model`, for another release; nothing happens when its files' names do not tell releases apart.
void add_entry(const RootDir& root, const KernelEntry& model, const std::string& release) {
  const std::string top = top_of(model.configuration);
  for (const auto& file : model.files) {
    const std::string place = top + "/" + replaced(file, model.release, release);
    if (replaced(file, model.release, release) == file) return;
    const bool is_kernel = &file == &model.files.front();
    copy_into_place(root, is_kernel ? "boot/vmlinuz-" + release : "boot/initrd.img-" + release, place);
  }
  std::string path = replaced(model.configuration, model.release, release);
  if (path == model.configuration) path = fmt::format("{}/loader/entries/{}.conf", top, release);
  rewrite_file(root, path, replaced(root.read(model.configuration), model.release, release));
}

void remove_entry(const RootDir& root, const KernelEntry& entry) {
  for (const auto& file : entry.files) {
    if (file.find(entry.release) != std::string::npos) root.remove(top_of(entry.configuration) + "/" + file);
  }
  root.remove(entry.configuration);
}

}  // namespace

std::vector<std::string> kernels_in_boot(const RootDir& root) {
  std::vector<std::string> releases;
  for (const auto& name : root.list("boot")) {
    if (name.starts_with(kKernel)) releases.push_back(name.substr(kKernel.size()));
  }
  return releases;
}

void follow_kernels(const RootDir& root, const std::vector<std::string>& before) {
  const auto now = kernels_in_boot(root);
  const auto entries = entries_of_loader(root);
  if (entries.empty()) return;
  for (const auto& release : now) {
    const bool known = std::any_of(entries.begin(), entries.end(), [&](const auto& e) { return e.release == release; });
    if (!has(before, release) && !known) add_entry(root, entries.back(), release);
  }
  for (const auto& entry : entries) {
    if (has(before, entry.release) && !has(now, entry.release)) remove_entry(root, entry);
  }
}

void follow_initrds(const RootDir& root) {
  for (const auto& entry : entries_of_loader(root)) {
    const std::string made = "boot/initrd.img-" + entry.release;
    for (std::size_t i = 1; i < entry.files.size(); ++i) {
      // Others, such as microcode, are no initrds of this kernel.
      const std::filesystem::path named = top_of(entry.configuration) + "/" + entry.files[i];
      const std::string place = named.lexically_normal().native();
      if (!name_of(place).starts_with("initrd") || place == made || !root.exists(place) || !root.exists(made)) continue;
      rewrite_file(root, place, root.read(made, kLargestFile));
    }
  }
}

}  // namespace keelson::os
