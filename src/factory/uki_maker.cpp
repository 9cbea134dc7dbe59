#include "factory/uki_maker.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string.h>  // strverscmp
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"
#include "factory/pcr_policies.h"
#include "formats/uki/uki.h"
#include "image/verity_arguments.h"
#include "initrd/initrd.h"
#include "os/boot_reset.h"
#include "os/kernel_command_line.h"
#include "os/tree.h"

namespace keelson::factory {

namespace {

constexpr ByteCount kLargestKernel = mebibytes(512);
constexpr int kInitrdLevel = 3;                                 // of zstd
constexpr std::string_view kNextKernel = "etc/kernel/cmdline";  // kernel-install(8)

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

std::string_view without_padding(std::string_view text) {
  while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  return trim(text);
}

// The last one counts, for kernel and initrd.
std::string as_read_only(std::string_view line) {
  std::string text;
  for (const auto word : split_words(line)) {
    if (word != "rw" && word != "ro") text += fmt::format("{} ", word);
  }
  return text + "ro";
}

std::vector<std::string> kernel_releases(const RootDir& root) {
  std::vector<std::string> releases;
  constexpr std::string_view kPrefix = "vmlinuz-";
  for (const auto& name : root.list("boot")) {
    const auto status = root.status("boot/" + name);
    const bool is_kernel = name.starts_with(kPrefix) && name.find("rescue") == std::string::npos;
    if (is_kernel && status && S_ISREG(status->st_mode)) releases.push_back(name.substr(kPrefix.size()));
  }
  std::sort(releases.begin(), releases.end(),
            [](const auto& a, const auto& b) { return ::strverscmp(a.c_str(), b.c_str()) < 0; });
  return releases;
}

}  // namespace

const UkiMaker::Architecture UkiMaker::kArchitectures[2] = {{uki::kMachineAmd64, "x64", "amd64"},
                                                            {uki::kMachineArm64, "aa64", "arm64"}};

UkiMaker::UkiMaker(const UkiChange& change, const RootDir& root, const EspTree& esp, Reporter& reporter)
    : change_(change), root_(root), esp_(esp), reporter_(reporter) {
  const auto releases = kernel_releases(root_);
  if (releases.empty()) {
    throw Error(ErrorKind::BadInput, "cannot make unified kernel images: there is no kernel in /boot",
                "install one, such as linux-image-cloud-amd64");
  }
  const auto entries = current_entries();
  architecture_ = &architecture_of(releases.back());
  remove_other_boot_loaders();
  for (const auto& release : releases) {
    with_context(fmt::format("making the unified kernel image of kernel {}", release), [&] {
      require(stub_path());
      lines_[release] = command_line(entries, release);
      if (change_.verity || find_initrd(release).empty()) make_initrd(release);
    });
  }
  install_loader();
  if (!change_.verity) {
    os::rewrite_file(root_, kNextKernel, complete(lines_.at(releases.back()), {}) + "\n");
  } else if (root_.exists(kNextKernel)) {  // the next kernel would be started with a system that nothing proves
    root_.remove(kNextKernel);
  }
}

std::vector<std::string> UkiMaker::make(const VerityBoot& verity) const {
  std::vector<std::string> paths;
  for (const auto& [release, line] : lines_) {
    with_context(fmt::format("making the unified kernel image of kernel {}", release), [&] {
      const std::string path = fmt::format("EFI/Linux/vmlinuz-{}.efi", release);
      esp_.write(path, image_of(release, complete(line, verity.arguments), verity));
      paths.push_back(path);
    });
  }
  return paths;
}

// What the image boots now. Where unified kernel images are, systemd-boot prefers nothing else to them.
std::vector<os::KernelEntry> UkiMaker::current_entries() const {
  std::vector<os::KernelEntry> entries;
  for (const auto& path : esp_.ukis()) {
    const std::string bytes = esp_.read(path);
    const auto view = uki::parse_uki(as_bytes(bytes), path);
    os::KernelEntry entry{.configuration = path,
                          .release = std::string(without_padding(view.uname)),
                          .files = {},
                          .arguments = std::string(without_padding(view.cmdline))};
    for (const auto& addon : esp_.addons(path)) {
      const std::string addition = esp_.read(addon);
      const auto section = uki::find_section(as_bytes(addition), uki::parse_pe(as_bytes(addition), addon), ".cmdline");
      if (section) entry.arguments += fmt::format(" {}", without_padding(as_text(*section)));
    }
    entries.push_back(std::move(entry));
  }
  return entries.empty() ? os::kernel_entries(root_) : entries;
}

const UkiMaker::Architecture& UkiMaker::architecture_of(const std::string& release) const {
  const std::string kernel = "boot/vmlinuz-" + release;
  const std::string bytes = root_.read(kernel, kLargestKernel);
  const auto machine = uki::parse_pe(as_bytes(bytes), kernel).machine;
  for (const auto& architecture : kArchitectures) {
    if (architecture.machine == machine) return architecture;
  }
  throw Error(ErrorKind::BadInput,
              fmt::format("cannot make a unified kernel image of '{}': it is for machine {:#06x}", kernel, machine));
}

std::string UkiMaker::command_line(const std::vector<os::KernelEntry>& entries, const std::string& release) const {
  std::string line = change_.reset && entries.empty() ? "" : os::kernel_arguments(entries, release);
  if (change_.verity) line = image::without_verity_words(line);
  if (change_.read_only_root) line = as_read_only(line);
  const auto words = split_words(line);
  if (change_.reset) return os::reset_arguments(line, change_.root_arguments);
  if (std::any_of(words.begin(), words.end(), [](auto word) { return word.starts_with("root="); })) return line;
  return fmt::format("{}{}{}", fmt::join(change_.root_arguments, " "), line.empty() ? "" : " ", line);
}

std::string UkiMaker::complete(const std::string& line, std::span<const std::string> verity) const {
  const std::string proved = os::with_kernel_arguments(line, verity);
  const std::string all = os::with_kernel_arguments(proved, change_.recipe.os.extra_kernel_command_line);
  return os::kernel_command_line(recipe::Os{}, std::array{all});  // checks it
}

std::string UkiMaker::stub_path() const {
  return fmt::format("usr/lib/systemd/boot/efi/linux{}.efi.stub", architecture_->suffix);
}

std::string UkiMaker::require(const std::string& path) const {
  auto content = root_.find_text(path);
  if (content) return std::move(*content);
  throw Error(ErrorKind::BadInput, fmt::format("cannot make unified kernel images: the image has no /{}", path),
              "install systemd-boot-efi in it: os: {packages: {install: [systemd-boot-efi]}}");
}

void UkiMaker::make_initrd(const std::string& release) {
  const Bytes made = initrd::build_initrd(root_,
                                          {.kernel_release = release,
                                           .epoch = change_.epoch,
                                           .architecture = std::string(architecture_->debian),
                                           .zstd_level = kInitrdLevel,
                                           .extra_modules = change_.root_modules,
                                           .verity = change_.verity},
                                          reporter_);
  initrds_.emplace(release, as_text(made));
}

std::string UkiMaker::find_initrd(const std::string& release) const {
  for (const auto& path : {"boot/initrd.img-" + release, fmt::format("boot/initramfs-{}.img", release)}) {
    if (root_.exists(path)) return path;
  }
  return "";
}

std::string UkiMaker::image_of(const std::string& release, const std::string& line, const VerityBoot& verity) const {
  const std::string stub = require(stub_path());
  const std::string kernel = root_.read("boot/vmlinuz-" + release, kLargestKernel);
  const auto ours = initrds_.find(release);
  const std::string text = ours == initrds_.end() ? root_.read(find_initrd(release), kLargestKernel) : ours->second;
  Bytes initrd(as_bytes(text).begin(), as_bytes(text).end());
  if (!verity.initrd_files.empty()) initrd::append_files(initrd, verity.initrd_files, change_.epoch);
  uki::UkiParts parts{.stub = as_bytes(stub),
                      .linux = as_bytes(kernel),
                      .initrd = initrd,
                      .cmdline = line,
                      .os_release = root_.read("etc/os-release"),
                      .uname = release,
                      .pcr_public_key = change_.pcr_key != nullptr ? change_.pcr_key->public_pem() : "",
                      .pcr_signature = {}};
  const auto write = [&] {
    std::string image;
    uki::write_uki([&](ByteView piece) { image += as_text(piece); }, parts);
    return image;
  };
  std::string image = write();
  if (change_.pcr_key == nullptr) return image;
  parts.pcr_signature = signed_policies(*change_.pcr_key, as_bytes(image), release);
  return write();
}

void UkiMaker::install_loader() const {
  const std::string name = fmt::format("systemd-boot{}.efi", architecture_->suffix);
  const std::string loader = require("usr/lib/systemd/boot/efi/" + name);
  esp_.write(fmt::format("EFI/BOOT/BOOT{}.EFI", upper(architecture_->suffix)), loader);
  esp_.write("EFI/systemd/" + name, loader);
  if (!esp_.find_text("loader/loader.conf")) esp_.write("loader/loader.conf", "timeout 0\nconsole-mode keep\n");
}

// Firmware that remembers shim or GRUB would go on with the old menu; systemd-boot would show old entries beside
// ours.
void UkiMaker::remove_other_boot_loaders() const {
  for (const auto& uki : esp_.ukis()) {
    for (const auto& addon : esp_.addons(uki)) esp_.remove(addon);
    esp_.remove(uki);
  }
  for (const auto& entry : os::kernel_entries(root_)) {
    if (!entry.configuration.ends_with(".conf")) continue;  // grub.cfg in /boot belongs to the GRUB packages
    root_.remove(entry.configuration);
    if (esp_.mount_point() == "/boot") continue;  // the kernels there are the packages' own
    if (!entry.configuration.starts_with(esp_.mount_point().substr(1) + "/loader/")) continue;
    for (const auto& file : entry.files) remove_if_there(file);
  }
  for (const auto& path : esp_.files()) {
    if (is_of_grub(path)) esp_.remove(path);
  }
}

void UkiMaker::remove_if_there(std::string path) const {
  path.erase(0, path.find_first_not_of('/'));
  const auto files = esp_.files();
  const auto found =
      std::find_if(files.begin(), files.end(), [&](const auto& file) { return fold_case(file) == fold_case(path); });
  if (found != files.end()) esp_.remove(*found);
}

bool UkiMaker::is_of_grub(const std::string& path) {
  const std::string folded = fold_case(path);
  if (!folded.starts_with("efi/")) return false;
  const std::string name(os::name_of(folded));
  if (name == "grub.cfg") return true;
  for (const auto& architecture : kArchitectures) {
    if (name == fmt::format("boot{}.csv", architecture.suffix)) return true;
    for (const char* stem : {"grub", "shim", "mm", "fb"}) {
      if (name == fmt::format("{}{}.efi", stem, architecture.suffix)) return true;
    }
  }
  return false;
}

}  // namespace keelson::factory
