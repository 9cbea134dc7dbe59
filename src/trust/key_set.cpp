#include "trust/key_set.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "formats/efi/signature_list.h"
#include "formats/efi/signed_variable.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::trust {

namespace fs = std::filesystem;

namespace {

constexpr ByteCount kLargestFile = mebibytes(1);
constexpr std::size_t kLongestName = 40;
constexpr std::int64_t kMostDays = 36525;  // a hundred years
constexpr std::int64_t kDay = 86400;

struct Role {
  std::string_view variable;
  std::string_view title;  ///< ends the certificate's name
  std::string_view signed_by;
};

// In the order of efi::kKeyVariables.
constexpr std::array<Role, 3> kRoles{{{"db", "Secure Boot signing key", "KEK"},
                                      {"KEK", "Secure Boot key exchange key", "PK"},
                                      {"PK", "Secure Boot platform key", "PK"}}};

fs::path file_of(const fs::path& folder, std::string_view variable, std::string_view suffix) {
  return folder / fmt::format("{}.{}", variable, suffix);
}

// "keys/" has no name of its own.
fs::path without_slash(const fs::path& folder) { return folder.has_filename() ? folder : folder.parent_path(); }

fs::path parent_of(const fs::path& folder) {
  const fs::path parent = without_slash(folder).parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

void check_options(const KeySetOptions& options) {
  const auto refuse = [](std::string_view what) {
    throw Error(ErrorKind::Usage, fmt::format("cannot make 'keys': {}", what));
  };
  const bool printable =
      std::ranges::all_of(options.name, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
  if (options.name.empty() || options.name.size() > kLongestName || !printable)
    refuse(fmt::format("a name has 1 to {} bytes, and no control characters", kLongestName));
  if (options.bits != 2048 && options.bits != 3072 && options.bits != 4096) refuse("they have 2048, 3072 or 4096 bits");
  if (options.days < 1 || options.days > kMostDays) refuse(fmt::format("they are valid for 1 to {} days", kMostDays));
}

void check_free(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(folder, error))) return;
  if (fs::is_directory(folder, error) && !fs::is_symlink(folder, error) && fs::is_empty(folder, error) && !error)
    return;
  throw Error(ErrorKind::BadInput, fmt::format("cannot make keys in '{}': something is there already", folder.native()),
              "keys are never overwritten: name another folder");
}

Signer make_signer(const Role& role, const KeySetOptions& options) {
  PrivateKey key = generate_rsa_key(options.bits);
  Certificate certificate = make_certificate({.common_name = fmt::format("{} {}", options.name, role.title),
                                              .not_before = options.now,
                                              .not_after = options.now + options.days * kDay,
                                              .signs_code = role.variable == "db"},
                                             key);
  return {std::move(key), std::move(certificate)};
}

void write_durably(const fs::path& path, std::string_view content, mode_t mode) {
  AtomicFile file(path, mode);
  file.write(content);
  file.commit(true);
}

const Role& role_of(std::string_view variable) { return *std::ranges::find(kRoles, variable, &Role::variable); }

template <class Entries>
auto& entry_of(Entries& entries, std::string_view variable) {
  return *std::ranges::find_if(entries, [&](const auto& entry) { return entry.variable.name == variable; });
}

Bytes read_bytes(const fs::path& path) {
  const std::string text = read_file(path, kLargestFile);
  return {as_bytes(text).begin(), as_bytes(text).end()};
}

[[noreturn]] void refuse(const fs::path& file, std::string_view why) {
  throw Error(ErrorKind::Refused, fmt::format("cannot use keys '{}': {}", file.native(), why));
}

KeySetEntry read_entry(const fs::path& folder, const efi::KeyVariable& variable) {
  const fs::path key = file_of(folder, variable.name, "key");
  KeySetEntry entry{.variable = variable,
                    .certificate = read_certificate(file_of(folder, variable.name, "crt")),
                    .has_key = fs::exists(key),
                    .value = read_bytes(file_of(folder, variable.name, "esl")),
                    .signed_value = read_bytes(file_of(folder, variable.name, "auth"))};
  if (entry.has_key && !entry.certificate.matches(read_private_key(key)))
    refuse(key, fmt::format("'{}.crt' is for another key", variable.name));
  return entry;
}

// The list may have further entries (a vendor's, an older key), but the certificate must be among them.
Uuid check_value(const fs::path& folder, const KeySetEntry& entry) {
  const fs::path list = file_of(folder, entry.variable.name, "esl");
  const Bytes wanted = entry.certificate.der();
  for (const auto& signature : efi::parse_signature_lists(entry.value, list.native())) {
    if (std::ranges::equal(signature.data, wanted)) return signature.owner;
  }
  refuse(list, fmt::format("'{}.crt' is not in it", entry.variable.name));
}

void check_signed_value(const fs::path& folder, const KeySetEntry& entry, const KeySetEntry& signer) {
  const fs::path file = file_of(folder, entry.variable.name, "auth");
  const auto read = efi::parse_signed_variable(entry.signed_value, file.native());
  if (!std::ranges::equal(read.value, entry.value))
    refuse(file, fmt::format("it holds another value than '{}.esl'", entry.variable.name));
  if (!efi::is_signed_by(read, entry.variable, signer.certificate))
    refuse(file, fmt::format("it is not signed by {}", signer.variable.name));
}

}  // namespace

void create_key_set(const fs::path& wanted, const KeySetOptions& options) {
  check_options(options);
  const fs::path folder = without_slash(wanted);
  check_free(folder);
  std::vector<Signer> signers;
  for (const Role& role : kRoles) signers.push_back(make_signer(role, options));
  const Uuid owner = uuid_from_digest(signers.back().certificate.key_fingerprint());

  const TempDir made("keys", parent_of(folder));
  fs::permissions(made.path(), fs::perms::owner_all);
  for (std::size_t i = 0; i < kRoles.size(); ++i) {
    const std::string_view name = kRoles[i].variable;
    const auto& certificate = signers[i].certificate;
    const auto signer = static_cast<std::size_t>(&role_of(kRoles[i].signed_by) - kRoles.data());
    const Bytes value = efi::write_certificate_list(owner, certificate.der());
    const Bytes signed_value = efi::write_signed_variable(efi::kKeyVariables[i], value,
                                                          efi::time_of(certificate.not_before()), signers[signer]);
    write_durably(file_of(made.path(), name, "key"), signers[i].key.pem(), 0600);
    write_durably(file_of(made.path(), name, "crt"), certificate.pem(), 0644);
    write_durably(file_of(made.path(), name, "esl"), as_text(value), 0644);
    write_durably(file_of(made.path(), name, "auth"), as_text(signed_value), 0644);
  }
  // rename(2) replaces a folder only when it is empty: nothing that came there meanwhile is lost.
  if (std::rename(made.path().c_str(), folder.c_str()) != 0) throw system_error("make keys in", folder.native(), errno);
}

void remove_key_set_leftovers(const fs::path& folder) { remove_stale_temporaries(parent_of(folder)); }

KeySet read_key_set(const fs::path& folder) {
  KeySet set;
  for (const efi::KeyVariable& variable : efi::kKeyVariables) set.entries.push_back(read_entry(folder, variable));
  for (const KeySetEntry& entry : set.entries) {
    set.owner = check_value(folder, entry);
    check_signed_value(folder, entry, entry_of(set.entries, role_of(entry.variable.name).signed_by));
  }
  return set;
}

}  // namespace keelson::trust
