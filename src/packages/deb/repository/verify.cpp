#include "packages/deb/repository/verify.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::deb {

namespace fs = std::filesystem;

namespace {

constexpr ByteCount kLargestKeyring = mebibytes(16);
constexpr std::string_view kStatus = "[GNUPG:] ";

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// What gpgv found, signature by signature.
struct Verdict {
  unsigned texts = 0;
  unsigned good = 0;
  bool bad = false;
  bool weak = false;
  bool expired_key = false;
  std::string missing_key;
};

// RFC 9580 section 9.5: 8 SHA2-256, 9 SHA2-384, 10 SHA2-512, 12 and 14 SHA3.
bool is_strong_hash(std::string_view algorithm) {
  return algorithm == "8" || algorithm == "9" || algorithm == "10" || algorithm == "12" || algorithm == "14";
}

// VALIDSIG is said of expired and revoked keys too, so it counts only after a GOODSIG of the same signature.
Verdict judge(std::string_view status) {
  Verdict verdict;
  bool is_good = false;
  for (auto line : split(status, '\n')) {
    if (!line.starts_with(kStatus)) continue;
    const auto words = split_words(line.substr(kStatus.size()));
    if (words.empty()) continue;
    const auto word = words[0];
    if (word == "PLAINTEXT") ++verdict.texts;
    if (word == "NEWSIG") is_good = false;
    if (word == "GOODSIG") is_good = true;
    if (word == "BADSIG") verdict.bad = true;
    if (word == "EXPSIG" || word == "EXPKEYSIG" || word == "REVKEYSIG") verdict.expired_key = true;
    if (word == "NO_PUBKEY" && words.size() > 1) verdict.missing_key = words[1];
    if (word != "VALIDSIG" || !std::exchange(is_good, false)) continue;
    const bool strong = words.size() > 8 && is_strong_hash(words[8]);
    verdict.weak = verdict.weak || !strong;
    if (strong) ++verdict.good;
  }
  return verdict;
}

std::string cause_of(const Verdict& verdict) {
  if (verdict.bad) return "its signature does not match its text";
  if (verdict.texts > 1) return "it holds more than one signed text";
  if (verdict.expired_key) return "the key that signed it has expired or was revoked";
  if (verdict.weak) return "its signature uses a digest that is no longer safe";
  if (!verdict.missing_key.empty())
    return fmt::format("it is signed by key {}, which is not known", verdict.missing_key);
  return "it carries no valid signature";
}

fs::path binary_keyring(const Keyring& keyring, const fs::path& scratch) {
  const std::string content = keyring.file.empty() ? keyring.armoured : read_file(keyring.file, kLargestKeyring);
  if (content.find("-----BEGIN PGP") == std::string::npos) return fs::absolute(keyring.file);
  const fs::path binary = scratch / "keyring.gpg";
  write_file(binary, without_armour(content, keyring.name()), 0600);
  return binary;
}

}  // namespace

std::string without_armour(std::string_view text, std::string_view name) {
  constexpr std::string_view kBegin = "-----BEGIN PGP";
  if (text.find(kBegin) == std::string_view::npos) return std::string(text);
  std::string bytes;
  bool inside = false;
  bool in_headers = false;
  unsigned pending = 0;
  int bits = 0;
  for (const auto raw : split(text, '\n')) {
    const auto line = trim(raw);
    if (line.starts_with(kBegin)) {
      inside = in_headers = true;
      pending = 0;
      bits = 0;
    } else if (line.starts_with("-----END")) {
      inside = false;
    } else if (inside && in_headers) {
      in_headers = !line.empty();
    } else if (inside && !line.starts_with('=')) {  // '=' starts the checksum
      for (const char c : line) {
        if (c == '=') break;
        const int value = base64_value(c);
        if (value < 0) throw Error(ErrorKind::BadInput, fmt::format("cannot read keyring '{}': bad armour", name));
        pending = (pending << 6 | static_cast<unsigned>(value)) & 0xffffU;
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        bytes.push_back(static_cast<char>(pending >> bits & 0xffU));
      }
    }
  }
  if (inside) throw Error(ErrorKind::BadInput, fmt::format("cannot read keyring '{}': its armour does not end", name));
  return bytes;
}

std::string verify_clear_signed(const fs::path& file, const Keyring& keyring, std::string_view name,
                                const fs::path& scratch) {
  if (!keyring.file.empty() && !fs::exists(keyring.file)) {
    throw Error(ErrorKind::NotFound, fmt::format("cannot verify '{}': there is no keyring '{}'", name, keyring.name()),
                "install debian-archive-keyring, or set distribution.keyring");
  }
  const TempDir folder("verify", scratch);
  const fs::path text = folder.path() / "text";
  // An empty home, so that no key of the user who runs us counts.
  const ProcessResult result =
      run_process({.arguments = {"gpgv", "--homedir", folder.path().native(), "--status-fd", "1", "--keyring",
                                 binary_keyring(keyring, folder.path()).native(), "--output", text.native(), "--",
                                 fs::absolute(file).native()},
                   .timeout = std::chrono::seconds(60),
                   .output_limit = std::size_t{1} << 20});
  const Verdict verdict = judge(result.output);
  if (verdict.good == 0 || verdict.bad || verdict.texts != 1 || !fs::exists(text)) {
    throw Error(ErrorKind::Refused, fmt::format("cannot verify '{}': {}", name, cause_of(verdict)),
                fmt::format("the keys that may sign it are those of {}; is it the archive's keyring, and up to date?",
                            keyring.name()));
  }
  return read_file(text, mebibytes(64));
}

}  // namespace keelson::deb
