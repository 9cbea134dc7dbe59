#include "factory/ukis.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "factory/pcr_policies.h"
#include "formats/uki/uki.h"
#include "os/boot_configuration.h"
#include "os/kernel_command_line.h"
#include "os/tree.h"

namespace keelson::factory {

namespace {

constexpr std::string_view kNextKernel = "etc/kernel/cmdline";  // kernel-install(8)

std::string_view without_padding(std::string_view text) {
  while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  return trim(text);
}

std::string command_line_of(const std::string& bytes, const std::string& path) {
  const auto section = uki::find_section(as_bytes(bytes), uki::parse_pe(as_bytes(bytes), path), ".cmdline");
  return std::string(section ? without_padding(as_text(*section)) : std::string_view{});
}

/// @param key signs policies for what the image measures; null: it has none, and gets none.
void change_command_line(const EspTree& esp, const std::string& path, std::span<const std::string> arguments,
                         const PrivateKey* key, Reporter& reporter) {
  const std::string bytes = esp.read(path);
  const std::string before = command_line_of(bytes, path);
  const std::string line =
      os::kernel_command_line(recipe::Os{}, std::array{os::with_kernel_arguments(before, arguments)});
  if (line == before && key == nullptr) return;
  std::string changed;
  if (key != nullptr) {
    changed = with_policies(*key, as_bytes(bytes), path, line);
  } else {
    uki::write_with_command_line([&](ByteView piece) { changed += as_text(piece); }, as_bytes(bytes), path, line);
  }
  if (uki::has_signature(as_bytes(bytes)))
    reporter.warn(fmt::format("'{}' was signed: it has to be signed again", path));
  esp.write(path, changed);
}

// What an addon adds is measured into another register than what its image holds.
void modify(const UkiChange& change, const RootDir& root, const EspTree& esp, Reporter& reporter) {
  const auto& arguments = change.recipe.os.extra_kernel_command_line;
  for (const auto& uki : esp.ukis()) {
    const auto addons = esp.addons(uki);
    if (!addons.empty()) change_command_line(esp, addons.back(), arguments, nullptr, reporter);
    if (addons.empty() || change.pcr_key != nullptr) {
      change_command_line(esp, uki, addons.empty() ? arguments : std::vector<std::string>{}, change.pcr_key, reporter);
    }
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
    UkiMaker(change, root, *esp, reporter).make({});
  } else {
    modify(change, root, *esp, reporter);
  }
  step.set_result(join_words(esp->ukis()));
}

}  // namespace keelson::factory
