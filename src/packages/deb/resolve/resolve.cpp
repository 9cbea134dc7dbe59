#include "packages/deb/resolve/resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>

#include "base/error.h"
#include "crypto/hash.h"
#include "packages/deb/resolve/candidates.h"
#include "packages/deb/resolve/name_directory.h"
#include "packages/deb/resolve/resolution_cache.h"
#include "packages/deb/resolve/solver.h"
#include "sys/file.h"

namespace keelson::deb {

namespace {

/// Puts results into the cache. No resolution needs that: when the cache is read-only or full, it is said once.
class Keeper {
 public:
  explicit Keeper(Reporter& reporter) : reporter_(reporter) {}

  template <typename Body>
  void keep(Body&& body) {
    if (failed_) return;
    try {
      body();
    } catch (const Error& error) {
      failed_ = true;
      reporter_.warn(fmt::format("the next resolution will be slower: {}", error.message()));
    }
  }

 private:
  Reporter& reporter_;
  bool failed_ = false;
};

// The indices' texts and the directory over them. The views are valid as long as the object.
class OpenIndices {
 public:
  OpenIndices(const std::vector<IndexSource>& indices, const Goal& goal, const ResolveOptions& options,
              Keeper& keeper, Reporter& reporter) {
    for (const auto& index : indices) {
      files_.emplace_back(index.packages_text);
      texts_.push_back(as_text(files_.back().bytes()));
    }
    open_directory(directory_path(indices, goal, options), goal, keeper, reporter);
  }

  const std::vector<std::string_view>& texts() const { return texts_; }
  const NameDirectory& directory() const { return *directory_; }

 private:
  static std::filesystem::path directory_path(const std::vector<IndexSource>& indices, const Goal& goal,
                                              const ResolveOptions& options) {
    Sha256Hasher hasher;
    hasher.update(fmt::format("{} {}\n", kNameDirectoryFormat, goal.architecture));
    for (const auto& index : indices) hasher.update(index.sha256.hex() + "\n");
    return options.cache_folder / "names" / (hasher.finish().hex() + ".names");
  }

  void open_directory(const std::filesystem::path& path, const Goal& goal, Keeper& keeper, Reporter& reporter) {
    if (std::filesystem::exists(path)) {
      try {
        kept_.emplace(path);
        directory_.emplace(kept_->bytes());
        return;
      } catch (const Error& error) {
        reporter.detail(fmt::format("the cached name directory is made again: {}", error.message()));
      }
    }
    made_ = make_name_directory(texts_, goal.architecture);
    directory_.emplace(made_);
    keeper.keep([&] {
      std::error_code problem;
      std::filesystem::create_directories(path.parent_path(), problem);
      write_file_atomically(path, as_text(made_));
    });
  }

  std::deque<MappedFile> files_;
  std::vector<std::string_view> texts_;
  std::optional<MappedFile> kept_;
  Bytes made_;
  std::optional<NameDirectory> directory_;
};

std::string suite_names(const std::vector<IndexSource>& indices) {
  std::vector<std::string> names;
  for (const auto& index : indices) {
    if (std::find(names.begin(), names.end(), index.suite) == names.end()) names.push_back(index.suite);
  }
  return names.empty() ? "no suite at all" : fmt::format("{}", fmt::join(names, ", "));
}

std::map<std::string, std::string, std::less<>> pinned_versions(const Goal& goal) {
  std::map<std::string, std::string, std::less<>> pinned;
  for (const auto& word : goal.install) {
    const auto name = parse_goal_name(word);
    if (name.version.empty()) continue;
    const auto [entry, is_new] = pinned.emplace(name.name, name.version);
    if (!is_new && entry->second != name.version) {
      throw Error(ErrorKind::BadInput, fmt::format("cannot install '{}': it is asked for as both {} and {}", name.name,
                                                   entry->second, name.version));
    }
  }
  return pinned;
}

Lock make_lock(const Selection& selection, const Candidates& candidates, const std::vector<IndexSource>& indices,
               const Goal& goal) {
  Lock lock{.architecture = goal.architecture, .requested = goal.install};
  std::sort(lock.requested.begin(), lock.requested.end());
  lock.requested.erase(std::unique(lock.requested.begin(), lock.requested.end()), lock.requested.end());
  for (const auto* package : selection.packages) {
    const std::string& base = indices[package->place.index].base_url;
    LockedPackage locked = read_locked_package(candidates.stanza(package->place), base);
    locked.requested =
        std::find(selection.requested.begin(), selection.requested.end(), package) != selection.requested.end();
    lock.packages.push_back(std::move(locked));
  }
  return lock;
}

Lock solve(const std::vector<IndexSource>& indices, const Goal& goal, const ResolveOptions& options, Keeper& keeper,
           Reporter& reporter) {
  const OpenIndices open(indices, goal, options, keeper, reporter);
  Candidates candidates(open.texts(), open.directory(), goal, pinned_versions(goal));
  const auto requested = require_requested(candidates, open.directory(), goal, suite_names(indices));
  return make_lock(select_packages(candidates, requested, goal), candidates, indices, goal);
}

}  // namespace

Lock resolve(const std::vector<IndexSource>& indices, const Goal& goal, const ResolveOptions& options,
             Reporter& reporter) {
  Step step(reporter, "resolving packages");
  const Sha256 key = resolution_key(indices, goal);
  if (auto kept = find_resolution(options.cache_folder, key)) {
    step.set_result(fmt::format("{} packages, as before", kept->packages.size()));
    return *std::move(kept);
  }
  Keeper keeper(reporter);
  Lock lock = solve(indices, goal, options, keeper, reporter);
  keeper.keep([&] { store_resolution(options.cache_folder, key, lock); });
  step.set_result(fmt::format("{} packages", lock.packages.size()));
  return lock;
}

}  // namespace keelson::deb
