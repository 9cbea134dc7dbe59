/// A temporary folder that removes itself.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace keelson {

/// ".keelson-tmp-<pid>-<counter>-<suffix>": a name whose owner can be told, so that what a killed run left can be
/// recognised and removed.
std::string unique_temporary_name(std::string_view suffix);

class TempDir {
 public:
  /// In `parent`, or in the system's folder for temporary files (TMPDIR is the caller's business: pass it).
  explicit TempDir(std::string_view suffix,
                   const std::filesystem::path& parent = std::filesystem::temp_directory_path());
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace keelson
