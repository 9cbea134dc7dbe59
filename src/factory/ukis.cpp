#include "factory/ukis.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string.h>  // strverscmp
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "formats/uki/uki.h"
#include "initrd/initrd.h"
#include "os/boot_configuration.h"
#include "os/boot_reset.h"
#include "os/kernel_command_line.h"
#include "os/tree.h"

namespace keelson::factory {

namespace {

constexpr ByteCount kLargestKernel = mebibytes(512);
constexpr int kInitrdLevel = 3;                                 // of zstd
constexpr std::string_view kNextKernel = "etc/kernel/cmdline";  // kernel-install(8)

// UEFI 2.10, section 3.5.1.1, and systemd's names.
struct Architecture {
  std::uint16_t machine;
  std::string_view suffix;
  std::string_view debian;
};
constexpr std::array<Architecture, 2> kArchitectures{
    {{uki::kMachineAmd64, "x64", "amd64"}, {uki::kMachineArm64, "aa64", "arm64"}}};

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

/// One run of `create`.
class Creator {
 public:
  Creator(const UkiChange& change, const RootDir& root, const EspTree& esp, Reporter& reporter)
      : change_(change), root_(root), esp_(esp), reporter_(reporter) {}

  void run() {
    const auto releases = kernel_releases(root_);
    if (releases.empty()) {
      throw Error(ErrorKind::BadInput, "cannot make unified kernel images: there is no kernel in /boot",
                  "install one, such as linux-image-cloud-amd64");
    }
    const auto entries = current_entries();
    const Architecture& architecture = architecture_of(releases.back());
    remove_other_boot_loaders();
    std::string line;
    for (const auto& release : releases) {
      with_context(fmt::format("making the unified kernel image of kernel {}", release), [&] {
        line = command_line(entries, release);
        make_image(release, architecture, line);
      });
    }
    install_loader(architecture);
    os::rewrite_file(root_, kNextKernel, line + "\n");
  }

 private:
  // What the image boots now. Where unified kernel images are, systemd-boot prefers nothing else to them.
  std::vector<os::KernelEntry> current_entries() const {
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
        const auto section =
            uki::find_section(as_bytes(addition), uki::parse_pe(as_bytes(addition), addon), ".cmdline");
        if (section) entry.arguments += fmt::format(" {}", without_padding(as_text(*section)));
      }
      entries.push_back(std::move(entry));
    }
    return entries.empty() ? os::kernel_entries(root_) : entries;
  }

  const Architecture& architecture_of(const std::string& release) const {
    const std::string kernel = "boot/vmlinuz-" + release;
    const std::string bytes = root_.read(kernel, kLargestKernel);
    const auto machine = uki::parse_pe(as_bytes(bytes), kernel).machine;
    for (const auto& architecture : kArchitectures) {
      if (architecture.machine == machine) return architecture;
    }
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot make a unified kernel image of '{}': it is for machine {:#06x}", kernel, machine));
  }

  std::string command_line(const std::vector<os::KernelEntry>& entries, const std::string& release) const {
    std::string line = change_.reset && entries.empty() ? "" : os::kernel_arguments(entries, release);
    const auto words = split_words(line);
    if (change_.reset) {
      line = os::reset_arguments(line, change_.root_arguments);
    } else if (std::none_of(words.begin(), words.end(), [](auto word) { return word.starts_with("root="); })) {
      line = fmt::format("{}{}{}", fmt::join(change_.root_arguments, " "), line.empty() ? "" : " ", line);
    }
    line = os::with_kernel_arguments(line, change_.recipe.os.extra_kernel_command_line);
    return os::kernel_command_line(recipe::Os{}, std::array{line});  // checks it
  }

  std::string require(const std::string& path) const {
    auto content = root_.find_text(path);
    if (content) return std::move(*content);
    throw Error(ErrorKind::BadInput, fmt::format("cannot make unified kernel images: the image has no /{}", path),
                "install systemd-boot-efi in it: os: {packages: {install: [systemd-boot-efi]}}");
  }

  std::string initrd_of(const std::string& release, const Architecture& architecture) const {
    for (const auto& path : {"boot/initrd.img-" + release, fmt::format("boot/initramfs-{}.img", release)}) {
      if (root_.exists(path)) return root_.read(path, kLargestKernel);
    }
    const Bytes made = initrd::build_initrd(root_,
                                            {.kernel_release = release,
                                             .epoch = change_.epoch,
                                             .architecture = std::string(architecture.debian),
                                             .zstd_level = kInitrdLevel,
                                             .extra_modules = change_.root_modules},
                                            reporter_);
    return std::string(as_text(made));
  }

  void make_image(const std::string& release, const Architecture& architecture, const std::string& line) const {
    const std::string stub = require(fmt::format("usr/lib/systemd/boot/efi/linux{}.efi.stub", architecture.suffix));
    const std::string kernel = root_.read("boot/vmlinuz-" + release, kLargestKernel);
    const std::string initrd = initrd_of(release, architecture);
    std::string image;
    uki::write_uki([&](ByteView piece) { image += as_text(piece); }, {.stub = as_bytes(stub),
                                                                      .linux = as_bytes(kernel),
                                                                      .initrd = as_bytes(initrd),
                                                                      .cmdline = line,
                                                                      .os_release = root_.read("etc/os-release"),
                                                                      .uname = release});
    esp_.write(fmt::format("EFI/Linux/vmlinuz-{}.efi", release), image);
  }

  void install_loader(const Architecture& architecture) const {
    const std::string name = fmt::format("systemd-boot{}.efi", architecture.suffix);
    const std::string loader = require("usr/lib/systemd/boot/efi/" + name);
    esp_.write(fmt::format("EFI/BOOT/BOOT{}.EFI", upper(architecture.suffix)), loader);
    esp_.write("EFI/systemd/" + name, loader);
    if (!esp_.find_text("loader/loader.conf")) esp_.write("loader/loader.conf", "timeout 0\nconsole-mode keep\n");
  }

  // Firmware that remembers shim or GRUB would go on with the old menu; systemd-boot would show old entries beside
  // ours.
  void remove_other_boot_loaders() const {
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

  void remove_if_there(std::string path) const {
    path.erase(0, path.find_first_not_of('/'));
    const auto files = esp_.files();
    const auto found =
        std::find_if(files.begin(), files.end(), [&](const auto& file) { return fold_case(file) == fold_case(path); });
    if (found != files.end()) esp_.remove(*found);
  }

  static bool is_of_grub(const std::string& path) {
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

  const UkiChange& change_;
  const RootDir& root_;
  const EspTree& esp_;
  Reporter& reporter_;
};

void change_command_line(const EspTree& esp, const std::string& path, std::span<const std::string> arguments,
                         Reporter& reporter) {
  const std::string bytes = esp.read(path);
  const auto section = uki::find_section(as_bytes(bytes), uki::parse_pe(as_bytes(bytes), path), ".cmdline");
  const std::string_view before = section ? without_padding(as_text(*section)) : std::string_view{};
  const std::string line =
      os::kernel_command_line(recipe::Os{}, std::array{os::with_kernel_arguments(before, arguments)});
  if (line == before) return;
  std::string changed;
  uki::write_with_command_line([&](ByteView piece) { changed += as_text(piece); }, as_bytes(bytes), path, line);
  if (uki::has_signature(as_bytes(bytes)))
    reporter.warn(fmt::format("'{}' was signed: it has to be signed again", path));
  esp.write(path, changed);
}

void modify(const UkiChange& change, const RootDir& root, const EspTree& esp, Reporter& reporter) {
  const auto& arguments = change.recipe.os.extra_kernel_command_line;
  for (const auto& uki : esp.ukis()) {
    const auto addons = esp.addons(uki);
    change_command_line(esp, addons.empty() ? uki : addons.back(), arguments, reporter);
  }
  if (const auto next = root.find_text(kNextKernel))
    os::rewrite_file(root, kNextKernel, os::with_kernel_arguments(*next, arguments) + "\n");
}

}  // namespace

bool changes_ukis(const recipe::Recipe& recipe) {
  return recipe.os.uki == recipe::UkiMode::Create || recipe.os.uki == recipe::UkiMode::Modify;
}

void check_uki_mode(const recipe::Recipe& recipe, const EspTree* esp, bool gets_esp) {
  const auto ukis = esp == nullptr ? std::vector<std::string>{} : esp->ukis();
  if (!ukis.empty() && !recipe.os.uki) {
    throw Error(
        ErrorKind::BadInput,
        fmt::format("cannot customize an image with unified kernel images ('{}'): the recipe has no 'os.uki' that "
                    "says what becomes of them",
                    ukis.front()),
        "set os.uki.mode: passthrough leaves them, modify changes their command line, create makes new ones");
  }
  if (esp == nullptr && !gets_esp && changes_ukis(recipe)) {
    throw Error(ErrorKind::BadInput, "cannot apply 'os.uki': the image mounts no EFI system partition",
                "an image that boots by UEFI is needed");
  }
  if (ukis.empty() && recipe.os.uki == recipe::UkiMode::Modify) {
    throw Error(ErrorKind::BadInput,
                "cannot apply 'os.uki.mode: modify': the image has no unified kernel image in EFI/Linux",
                "'mode: create' makes them");
  }
}

void change_ukis(const UkiChange& change, const RootDir& root, const EspTree* esp, Reporter& reporter) {
  if (!changes_ukis(change.recipe)) return;
  Step step(reporter, "changing the unified kernel images");
  if (change.recipe.os.uki == recipe::UkiMode::Create) {
    Creator(change, root, *esp, reporter).run();
  } else {
    modify(change, root, *esp, reporter);
  }
  step.set_result(join_words(esp->ukis()));
}

}  // namespace keelson::factory
