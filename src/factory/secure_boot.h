/// Signed boot files: what `os.secureBoot` asks for. The keys are read and checked before anything is written; what
/// firmware starts is signed once it is made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/reporter.h"
#include "crypto/certificate.h"
#include "factory/esp_tree.h"
#include "image/esp.h"
#include "recipe/recipe.h"

namespace keelson::factory {

struct SecureBoot {
  Signer signer;
  std::vector<image::EspFile> enrollment;  ///< loader/keys/auto/*.auth; empty: nothing is enrolled
  std::string enroll_mode;                 ///< systemd-boot's word
  std::optional<PrivateKey> pcr_key{};     ///< signs policies for PCR 11
};

/// Reads key, certificate and enrollment files; nothing if the recipe asks for none. @param now seconds since the
/// epoch.
/// @throws Error if one can't be read, has expired, or does not belong to the others: a db without the certificate
/// would keep the image from booting.
std::optional<SecureBoot> read_secure_boot(const recipe::Recipe& recipe, std::int64_t now);

/// Signs what is a UEFI program of ours among the files (unified kernel images, their addons, systemd-boot, and what
/// firmware starts first), and adds the enrollment files.
void sign_boot_files(const SecureBoot& secure_boot, std::vector<image::EspFile>& esp, Reporter& reporter);

/// The same on the EFI system partition of an image that exists.
void sign_boot_files(const SecureBoot& secure_boot, const EspTree* esp, Reporter& reporter);

/// Only those programs of it, which have no signature yet.
void sign_programs(const SecureBoot& secure_boot, const EspTree& esp, const std::vector<std::string>& paths);

/// Whether an image that exists can be signed as it is. @throws Error(BadInput) if it has no unified kernel image, or
/// GRUB or shim, which start kernels by rules of their own.
void check_can_be_signed(const EspTree* esp);

/// The text of loader.conf with that word for secure-boot-enroll. loader.conf(5)
std::string with_enrollment(std::string_view settings, std::string_view mode);

}  // namespace keelson::factory
