/// Running dpkg, and through it maintainer scripts, in the sandbox of an image.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sys/root_dir.h"

namespace keelson::deb {

/// invoke-rc.d(8): 101 forbids every action, so that no script starts a service.
constexpr std::string_view kServicePolicyFile = "usr/sbin/policy-rc.d";
constexpr std::string_view kServicePolicy = "#!/bin/sh\nexit 101\n";

/// A file that exists in the image only while scripts run. One that is there already stays as it is.
class TemporaryFile {
 public:
  TemporaryFile(const RootDir& root, std::string_view path, std::string_view content);
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile();

 private:
  const RootDir& root_;
  std::string path_;
  bool existed_;
};

/// Several of them, with names of their own or given ones.
class TemporaryFiles {
 public:
  explicit TemporaryFiles(const RootDir& root) : root_(root) {}
  /// Returns the path, inside the image.
  std::string add(std::string_view content);
  void add_at(const std::string& path, std::string_view content);

 private:
  const RootDir& root_;
  std::vector<std::unique_ptr<TemporaryFile>> files_;
};

struct ScriptOptions {
  std::int64_t epoch = 0;  ///< SOURCE_DATE_EPOCH
  std::chrono::seconds timeout{1800};
  std::vector<std::string> environment;  ///< "NAME=value", beside what every run gets
};

/// Host path of a file to what it stands in for inside the image; that must exist.
using ScriptBinds = std::vector<std::pair<std::filesystem::path, std::string>>;

/// Runs programs of one image. `root` must outlive it.
class ScriptRunner {
 public:
  ScriptRunner(const RootDir& root, ScriptOptions options) : root_(root), options_(std::move(options)) {}

  /// @param doing for messages, the verb first: "configure packages"; where one package is to blame, that is named.
  /// @throws Error(BadInput) naming the package whose script failed, with the last lines that it printed; or that time
  /// ran out.
  void run(std::vector<std::string> arguments, std::string_view doing, const ScriptBinds& binds = {}) const;

 private:
  const RootDir& root_;
  ScriptOptions options_;
};

/// The package that dpkg's output blames, or "".
std::string failed_package(std::string_view output);

}  // namespace keelson::deb
