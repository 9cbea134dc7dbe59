#include "factory/secure_boot.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "formats/efi/signature_list.h"
#include "formats/uki/authenticode.h"
#include "sys/file.h"
#include "trust/key_set.h"

namespace keelson::factory {

namespace {

constexpr std::string_view kLoaderSettings = "loader/loader.conf";
// systemd-boot(7): keys that enroll themselves lie in a folder with this name.
constexpr std::string_view kAutoKeys = "loader/keys/auto";
constexpr ByteCount kLargestProgram = mebibytes(1024);

std::string name_of(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }

bool is_of_another_loader(std::string_view path) {
  const std::string name = name_of(fold_case(path));
  return name.ends_with(".efi") && (name.starts_with("grub") || name.starts_with("shim"));
}

// Unified kernel images, addons and systemd-boot all have that suffix, and nothing else does on such an ESP.
bool is_boot_program(std::string_view path) {
  const std::string folded = fold_case(path);
  return folded.starts_with("efi/") && folded.ends_with(".efi");
}

void add_enrollment(SecureBoot& result, const recipe::SecureBoot& wanted) {
  const trust::KeySet set = trust::read_key_set(wanted.enroll_keys);
  const Bytes certificate = result.signer.certificate.der();
  for (const auto& entry : set.entries) {
    result.enrollment.push_back({.path = fmt::format("{}/{}.auth", kAutoKeys, entry.variable.name),
                                 .source = {},
                                 .content = entry.signed_value});
    if (entry.variable.name != "db") continue;
    const auto entries = efi::parse_signature_lists(entry.value, "db.esl");
    const bool is_there = std::ranges::any_of(
        entries, [&](const auto& signature) { return std::ranges::equal(signature.data, certificate); });
    if (!is_there) {
      throw Error(
          ErrorKind::Refused,
          fmt::format("cannot enroll keys '{}': their db does not hold certificate '{}', so that firmware would "
                      "refuse the image",
                      wanted.enroll_keys.native(), wanted.certificate.native()));
    }
  }
}

Bytes content_of(const image::EspFile& file) {
  if (file.content) return *file.content;
  const MappedFile mapped(file.source);
  return {mapped.bytes().begin(), mapped.bytes().end()};
}

}  // namespace

std::optional<SecureBoot> read_secure_boot(const recipe::Recipe& recipe, std::int64_t now) {
  if (!recipe.os.secure_boot) return std::nullopt;
  const recipe::SecureBoot& wanted = *recipe.os.secure_boot;
  SecureBoot result{
      .signer = read_signer(wanted.key, wanted.certificate, now), .enrollment = {}, .enroll_mode = wanted.enroll_mode};
  if (!wanted.pcr_key.empty()) result.pcr_key = read_private_key(wanted.pcr_key);
  if (!wanted.enroll_keys.empty()) add_enrollment(result, wanted);
  return result;
}

void sign_boot_files(const SecureBoot& secure_boot, std::vector<image::EspFile>& esp, Reporter& reporter) {
  Step step(reporter, "signing the boot files");
  std::size_t count = 0;
  for (auto& file : esp) {
    if (file.path == kLoaderSettings && file.content && !secure_boot.enrollment.empty()) {
      const std::string settings = with_enrollment(as_text(*file.content), secure_boot.enroll_mode);
      file.content = Bytes(as_bytes(settings).begin(), as_bytes(settings).end());
    }
    if (!is_boot_program(file.path)) continue;
    file.content = uki::sign_program(content_of(file), file.path, secure_boot.signer);
    ++count;
  }
  esp.insert(esp.end(), secure_boot.enrollment.begin(), secure_boot.enrollment.end());
  step.set_result(fmt::format("{} by '{}'", count, secure_boot.signer.certificate.subject()));
}

void sign_boot_files(const SecureBoot& secure_boot, const EspTree* esp, Reporter& reporter) {
  check_can_be_signed(esp);
  Step step(reporter, "signing the boot files");
  std::vector<std::string> programs = esp->files();
  std::erase_if(programs, [](const auto& path) { return !is_boot_program(path); });
  sign_programs(secure_boot, *esp, programs);
  for (const auto& file : secure_boot.enrollment) esp->write(file.path, as_text(*file.content));
  if (!secure_boot.enrollment.empty()) {
    const std::string settings = esp->find_text(std::string(kLoaderSettings)).value_or("");
    esp->write(std::string(kLoaderSettings), with_enrollment(settings, secure_boot.enroll_mode));
  }
  step.set_result(fmt::format("{} by '{}'", programs.size(), secure_boot.signer.certificate.subject()));
}

void sign_programs(const SecureBoot& secure_boot, const EspTree& esp, const std::vector<std::string>& paths) {
  for (const auto& path : paths) {
    const std::string program = esp.read(path, kLargestProgram);
    esp.write(path, as_text(uki::sign_program(as_bytes(program), path, secure_boot.signer)));
  }
}

void check_can_be_signed(const EspTree* esp) {
  const auto refuse = [](std::string_view why) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot apply 'os.secureBoot': {}", why),
                "os.uki.mode: create makes unified kernel images and boots them by systemd-boot");
  };
  if (esp == nullptr) refuse("the image mounts no EFI system partition");
  if (esp->ukis().empty()) refuse("the image has no unified kernel image in EFI/Linux");
  for (const auto& path : esp->files()) {
    if (is_of_another_loader(path)) refuse(fmt::format("it has '{}', which starts kernels by rules of its own", path));
  }
}

std::string with_enrollment(std::string_view settings, std::string_view mode) {
  std::string result;
  for (const std::string_view line : split(settings, '\n')) {
    const auto words = split_words(line);
    if (line.empty() || (!words.empty() && words.front() == "secure-boot-enroll")) continue;
    result += fmt::format("{}\n", line);
  }
  return result + fmt::format("secure-boot-enroll {}\n", mode);
}

}  // namespace keelson::factory
