/// For this folder's tests: package indices from a few lines of text.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "crypto/hash.h"
#include "packages/deb/resolve/goal.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::deb::testing {

/// Stanzas from short text: "name version" begins a package, "Field: value" lines follow it.
inline std::string packages_text(std::string_view lines) {
  std::string text;
  for (const auto raw : split(lines, '\n')) {
    const auto line = trim(raw);
    if (line.empty()) continue;
    if (line.find(": ") != std::string_view::npos) {
      text += fmt::format("{}\n", line);
      continue;
    }
    const auto words = split_words(line);
    text += fmt::format(
        "\nPackage: {0}\nVersion: {1}\nArchitecture: amd64\nFilename: pool/{0}_{1}.deb\nSize: 1000\nSHA256: {2}\n",
        words.at(0), words.at(1), sha256(line).hex());
  }
  return text;
}

/// A folder with indices and a cache.
class Archive {
 public:
  /// Adds an index as a suite of that name.
  Archive& add(const std::string& suite, std::string_view lines) { return add_text(suite, packages_text(lines)); }
  Archive& add_text(const std::string& suite, const std::string& text) {
    const auto path = folder_.path() / fmt::format("{}.packages", indices_.size());
    write_file(path, text);
    indices_.push_back({.packages_text = path,
                        .sha256 = sha256(text),
                        .base_url = "http://" + suite + ".invalid/debian",
                        .suite = suite,
                        .component = "main"});
    return *this;
  }
  const std::vector<IndexSource>& indices() const { return indices_; }
  std::filesystem::path cache() const { return folder_.path() / "cache"; }

 private:
  TempDir folder_{"resolve-test"};
  std::vector<IndexSource> indices_;
};

}  // namespace keelson::deb::testing
