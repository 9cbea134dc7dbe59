#include "packages/deb/resolve/open_indices.h"

#include <fmt/format.h>

#include <algorithm>

#include "crypto/hash.h"

namespace keelson::deb {

namespace {

std::filesystem::path directory_path(const std::vector<IndexSource>& indices, std::string_view architecture,
                                     const std::filesystem::path& cache_folder) {
  Sha256Hasher hasher;
  hasher.update(fmt::format("{} {}\n", kNameDirectoryFormat, architecture));
  for (const auto& index : indices) hasher.update(index.sha256.hex() + "\n");
  return cache_folder / "names" / (hasher.finish().hex() + ".names");
}

}  // namespace

OpenIndices::OpenIndices(const std::vector<IndexSource>& indices, std::string_view architecture,
                         const std::filesystem::path& cache_folder, Keeper& keeper, Reporter& reporter) {
  for (const auto& index : indices) {
    files_.emplace_back(index.packages_text);
    texts_.push_back(as_text(files_.back().bytes()));
  }
  open_directory(directory_path(indices, architecture, cache_folder), architecture, keeper, reporter);
}

void OpenIndices::open_directory(const std::filesystem::path& path, std::string_view architecture, Keeper& keeper,
                                 Reporter& reporter) {
  if (std::filesystem::exists(path)) {
    try {
      kept_.emplace(path);
      directory_.emplace(kept_->bytes());
      return;
    } catch (const Error& error) {
      reporter.detail(fmt::format("the cached name directory is made again: {}", error.message()));
    }
  }
  made_ = make_name_directory(texts_, architecture);
  directory_.emplace(made_);
  keeper.keep([&] {
    std::error_code problem;
    std::filesystem::create_directories(path.parent_path(), problem);
    write_file_atomically(path, as_text(made_));
  });
}

std::string suite_names(const std::vector<IndexSource>& indices) {
  std::vector<std::string> names;
  for (const auto& index : indices) {
    if (std::find(names.begin(), names.end(), index.suite) == names.end()) names.push_back(index.suite);
  }
  return names.empty() ? "no suite at all" : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace keelson::deb
