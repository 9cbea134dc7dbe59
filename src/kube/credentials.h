/// Who we are to an API server, and whom we trust to be it.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "kube/clock.h"

namespace keelson::kube {

/// All as text: PEM, and a bearer token without white space at its ends. Secret: never put one into a message.
struct Credentials {
  std::string authority;    ///< PEM of the authorities that may sign the server; "": the system's
  std::string certificate;  ///< PEM of the client's; "": none
  std::string key;          ///< PEM of its key
  std::string token;        ///< "": none

  bool operator==(const Credentials&) const = default;
};

/// Where credentials come from: from files and values, or from a plugin. Safe for several threads.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  /// What is valid now. @throws Error(NotFound, Refused, BadInput, Unavailable) when they can't be had.
  virtual Credentials current() = 0;
  /// The server answered 401 to `used`: what to try instead, or nothing when there is nothing newer.
  virtual std::optional<Credentials> renewed(const Credentials& used) = 0;
};

/// A value, or the file that holds it.
struct Material {
  std::string value;
  std::filesystem::path file;  ///< used when `value` is empty

  bool is_given() const { return !value.empty() || !file.empty(); }
};

struct FileCredentialsOptions {
  Material authority;
  Material certificate;
  Material key;
  Material token;
};

/// Promise: a file is read again once it was changed or replaced, as a rotated service account token is; while a new
/// one is missing or empty, the old content stays. Files of more than 1 MiB are refused.
class FileCredentials final : public CredentialSource {
 public:
  explicit FileCredentials(FileCredentialsOptions options);
  Credentials current() override;
  std::optional<Credentials> renewed(const Credentials& used) override;

 private:
  /// Tells one state of a file from another, as stat(2) sees it.
  struct Stamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t changed_nanoseconds = 0;
    bool operator==(const Stamp&) const = default;
  };
  struct Kept {
    Material from;
    std::string what;  ///< for errors: "token"
    std::string content;
    std::optional<Stamp> stamp;
  };
  const std::string& read(Kept& kept);

  std::mutex mutex_;
  Kept authority_;
  Kept certificate_;
  Kept key_;
  Kept token_;
};

}  // namespace keelson::kube
