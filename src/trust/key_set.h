/// A folder with Secure Boot's keys: made, and read back.
///
/// Of each of PK, KEK and db it holds NAME.key (PKCS#8, mode 0600; may be kept elsewhere), NAME.crt (X.509), NAME.esl
/// (the variable's value) and NAME.auth (the value with the signature that lets firmware take it). PK signs PK and KEK,
/// KEK signs db, db signs programs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "crypto/certificate.h"
#include "formats/efi/names.h"

namespace keelson::trust {

struct KeySetOptions {
  std::string name = "Keelson";  ///< whose keys: begins the certificates' names; at most 40 bytes
  unsigned bits = 2048;          ///< what the specification asks of all firmware; 3072 and 4096 not all can
  std::int64_t now = 0;          ///< seconds since the epoch; the certificates begin then
  std::int64_t days = 3650;
};

/// Makes the keys and writes the folder, whole or not at all; `folder` must not exist, or be empty.
/// @throws Error(BadInput) if something is there; Error(Usage) for a name, size or validity that can't be.
void create_key_set(const std::filesystem::path& folder, const KeySetOptions& options);

/// Removes what killed runs of create_key_set() left beside `folder`.
void remove_key_set_leftovers(const std::filesystem::path& folder);

struct KeySetEntry {
  efi::KeyVariable variable;
  Certificate certificate;
  bool has_key = false;  ///< the private key lies in the folder
  Bytes value;           ///< NAME.esl
  Bytes signed_value;    ///< NAME.auth
};

struct KeySet {
  Uuid owner;                        ///< in the signature lists; follows from PK
  std::vector<KeySetEntry> entries;  ///< in the order of enrolment: db, KEK, PK
};

/// Reads a folder, and checks that certificates, keys, lists and signatures belong together. Dates are not judged.
/// @throws Error(NotFound) for a missing file, Error(BadInput) for one that breaks its form, Error(Refused) for what
/// does not belong together.
KeySet read_key_set(const std::filesystem::path& folder);

}  // namespace keelson::trust
