#include "cli/named_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace keelson::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostNames = 10'000;  // of a folder: enough for a suggestion

// Sorted, so that equally near names always give the same suggestion.
std::vector<std::string> names_in(const fs::path& folder, bool folders) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(folder.empty() ? fs::path(".") : folder, error);
       !error && at != fs::directory_iterator() && names.size() < kMostNames; at.increment(error)) {
    std::error_code unknown;
    if (at->is_directory(unknown) == folders) names.push_back(at->path().filename().native());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string near_file(const fs::path& file) {
  const auto names = names_in(file.parent_path(), false);
  const std::string wanted = file.filename().native();
  const std::string near = suggest(wanted, names);
  if (!near.empty()) return near;
  for (const auto& name : names) {
    if (fs::path(name).stem() == file.stem() || name.starts_with(wanted + ".")) return name;
  }
  return {};
}

std::string hint_for(const fs::path& file, std::string_view expected) {
  const fs::path folder = file.parent_path();
  std::error_code error;
  if (!folder.empty() && !fs::exists(folder, error)) {
    const std::string near = suggest(folder.filename().native(), names_in(folder.parent_path(), true));
    return fmt::format("there is no folder '{}'{}", folder.native(),
                       near.empty() ? "" : fmt::format("; did you mean '{}'?", (folder.parent_path() / near).native()));
  }
  const std::string near = near_file(file);
  if (!near.empty()) return fmt::format("did you mean '{}'?", (folder / near).native());
  return fmt::format("it should be {}", expected);
}

}  // namespace

void require_file(const fs::path& file, std::string_view expected) {
  std::error_code error;
  if (fs::exists(file, error) || error) return;  // what can't be looked at is for whoever opens it to judge
  throw Error(ErrorKind::NotFound, fmt::format("cannot read '{}': no such file", file.native()),
              hint_for(file, expected));
}

}  // namespace keelson::cli
