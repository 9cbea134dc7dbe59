#include "os/password.h"

#include <crypt.h>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "os/accounts.h"
#include "sys/file.h"

namespace keelson::os {

namespace {

constexpr std::size_t kSaltBytes = 16;  // 128 bits, what crypt_gensalt(3) takes for yescrypt by itself

std::string setting_for(const Sha256& seed, std::string_view account) {
  Sha256Hasher hasher;
  hasher.update("keelson password salt\n");
  hasher.update(seed.hex());
  hasher.update("\n");
  hasher.update(account);
  const Sha256 salt = hasher.finish();
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
  // The count 0 means the library's default cost, which its documentation recommends.
  const char* result = ::crypt_gensalt_rn("$y$", 0, reinterpret_cast<const char*>(salt.bytes.data()), kSaltBytes,
                                          setting.data(), static_cast<int>(setting.size()));
  if (result == nullptr) throw system_error("make a salt for", account, errno);
  return result;
}

std::string read_secret(const std::string& path) {
  std::string secret = read_file(path, kibibytes(64));
  if (secret.ends_with('\n')) secret.pop_back();
  if (secret.ends_with('\r')) secret.pop_back();
  return secret;
}

std::string checked_hash(std::string hash, std::string_view account) {
  check_account_field("hashed password", hash);
  if (!hash.starts_with('$') || hash.size() < 8) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot set the password of '{}': the value is no crypt(5) hash", account),
                "make one with 'openssl passwd -6', or use the type 'plain-text'");
  }
  return hash;
}

}  // namespace

std::string hash_password(std::string_view password, const Sha256& seed, std::string_view account) {
  const auto refuse = [&](std::string_view cause) {
    return Error(ErrorKind::BadInput, fmt::format("cannot set the password of '{}': {}", account, cause));
  };
  if (password.empty()) throw refuse("it is empty");
  if (password.size() > CRYPT_MAX_PASSPHRASE_SIZE - 1) throw refuse("it is longer than 511 bytes");
  if (password.find_first_of(std::string_view("\0\n\r", 3)) != std::string_view::npos) {
    throw refuse("it holds a line break or a NUL byte");
  }
  const auto data = std::make_unique<crypt_data>();
  const std::string text(password);
  const char* hash = ::crypt_r(text.c_str(), setting_for(seed, account).c_str(), data.get());
  if (hash == nullptr || hash[0] == '*') throw system_error("hash the password of", account, errno);
  return hash;
}

std::string shadow_hash(const recipe::Password& password, const Sha256& seed, std::string_view account) {
  switch (password.type) {
    case recipe::PasswordType::Locked:
      return std::string(kLockedPassword);
    case recipe::PasswordType::PlainText:
      return hash_password(password.value, seed, account);
    case recipe::PasswordType::PlainTextFile:
      return hash_password(read_secret(password.value), seed, account);
    case recipe::PasswordType::Hashed:
      return checked_hash(password.value, account);
    case recipe::PasswordType::HashedFile:
      return checked_hash(read_secret(password.value), account);
  }
  throw Error(ErrorKind::Internal, "cannot set a password: unknown kind");
}

}  // namespace keelson::os
