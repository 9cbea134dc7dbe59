#include "packages/deb/repository/archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "packages/deb/repository/suite_release.h"
#include "packages/deb/repository/xz_file.h"
#include "sys/file.h"
#include "sys/parallel.h"
#include "sys/temp_dir.h"

namespace keelson::deb {

namespace fs = std::filesystem;

namespace {

constexpr ByteCount kLargestInRelease = mebibytes(16);
constexpr ByteCount kLargestIndex = gibibytes(1);

// What the server said of the InRelease that we keep; damage only costs a download.
std::optional<net::Validators> find_validators(const fs::path& folder) {
  if (!fs::exists(folder / "InRelease") || !fs::exists(folder / "validators.json")) return std::nullopt;
  const auto text = read_file(folder / "validators.json", kibibytes(64));
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto field = [&](const char* name) {
    return json.contains(name) && json[name].is_string() ? json[name].get<std::string>() : std::string();
  };
  net::Validators validators{field("etag"), field("last-modified")};
  // A line break in a header's value would be a header of its own.
  if ((validators.etag + validators.last_modified).find_first_of("\r\n") != std::string::npos) return std::nullopt;
  return validators;
}

void write_validators(const fs::path& folder, const net::Validators& validators) {
  using Handler = nlohmann::json::error_handler_t;
  const nlohmann::json json{{"etag", validators.etag}, {"last-modified", validators.last_modified}};
  write_file_atomically(folder / "validators.json", json.dump(2, ' ', false, Handler::replace) + "\n");
}

/// Says the warnings of several threads in the order of the suites.
class HeldReporter final : public Reporter {
 public:
  StepId begin(std::string_view, std::uint64_t, Unit) override { return 0; }
  void advance(StepId, std::uint64_t) override {}
  void end(StepId, std::string_view) override {}
  void detail(std::string_view) override {}
  void warn(std::string_view text) override { warnings.emplace_back(text); }

  std::vector<std::string> warnings;
};

/// What happens to one suite on its way.
struct Progress {
  fs::path folder;     // of the cache
  fs::path candidate;  // what was fetched; empty: nothing new
  net::Validators validators;
  std::optional<SuiteRelease> verified;
  HeldReporter reporter;
};

// A 404 here nearly always means a misspelt release, or a mirror that does not carry it.
std::vector<net::Outcome> download_in_releases(const std::vector<net::Download>& downloads,
                                               const net::DownloadOptions& network, Reporter& reporter) {
  try {
    return net::download(downloads, network, reporter);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::NotFound) throw;
    throw Error(ErrorKind::NotFound, error.message(),
                "does the mirror carry this suite? check distribution.release and distribution.mirror");
  }
}

void fetch_in_releases(const std::vector<Suite>& suites, const RefreshOptions& options, const Cache& cache,
                       const fs::path& scratch, std::vector<Progress>& progress, Reporter& reporter) {
  std::vector<net::Download> downloads;
  for (std::size_t i = 0; i < suites.size(); ++i) {
    downloads.push_back({.url = in_release_url(suites[i]),
                         .destination = scratch / fmt::format("InRelease-{}", i),
                         .limit = kLargestInRelease,
                         .unless = find_validators(progress[i].folder)});
  }
  auto network = options.network;
  network.partial_folder = cache.partial_folder();
  network.what = "";
  const auto outcomes = download_in_releases(downloads, network, reporter);
  for (std::size_t i = 0; i < suites.size(); ++i) {
    progress[i].validators = outcomes[i].validators;
    if (!outcomes[i].not_modified) progress[i].candidate = downloads[i].destination;
  }
}

// The remembered InRelease, verified; nothing when there is none or it no longer verifies.
std::optional<SuiteRelease> find_remembered(const fs::path& file, const Suite& suite, const Cache& cache,
                                            Reporter& reporter) {
  if (!fs::exists(file)) return std::nullopt;
  try {
    return verify_suite_release(file, suite, cache);
  } catch (const Error& error) {
    reporter.warn(fmt::format("the remembered '{}' is ignored: {}", in_release_url(suite), error.message()));
    return std::nullopt;
  }
}

bool same_content(const fs::path& a, const fs::path& b) {
  std::error_code error;
  if (!fs::exists(a, error) || !fs::exists(b, error) || fs::file_size(a) != fs::file_size(b)) return false;
  return read_file(a) == read_file(b);
}

void settle_offline(const Suite& suite, const Cache& cache, const RefreshOptions& options, Progress& progress) {
  const fs::path kept = progress.folder / "InRelease";
  if (!fs::exists(kept)) {
    throw Error(ErrorKind::Unavailable,
                fmt::format("cannot use '{}': it is not in the cache, and --offline forbids to fetch it",
                            in_release_url(suite)),
                "run once without --offline");
  }
  progress.verified = verify_suite_release(kept, suite, cache);
  check_suite_release(progress.verified->release, suite, std::nullopt, options, progress.reporter);
}

// Decides which InRelease holds, and remembers it.
void settle(const Suite& suite, const Cache& cache, const RefreshOptions& options, Progress& progress) {
  if (options.offline) return settle_offline(suite, cache, options, progress);
  const fs::path kept = progress.folder / "InRelease";
  const bool unchanged = progress.candidate.empty() || same_content(progress.candidate, kept);
  if (unchanged) {
    progress.verified = verify_suite_release(kept, suite, cache);
    check_suite_release(progress.verified->release, suite, std::nullopt, options, progress.reporter);
    return;
  }
  progress.verified = verify_suite_release(progress.candidate, suite, cache);
  std::optional<Release> previous;
  if (auto remembered = find_remembered(kept, suite, cache, progress.reporter)) previous = remembered->release;
  check_suite_release(progress.verified->release, suite, previous, options, progress.reporter);
  // First the validators go, then the file, then the new validators come: a kill between leaves at worst a
  // file without validators, which costs a download.
  fs::remove(progress.folder / "validators.json");
  fs::rename(progress.candidate, kept);
  write_validators(progress.folder, progress.validators);
}

// A place for what is fetched, unless nothing is.
void make_scratch(std::optional<TempDir>& scratch, const Cache& cache, const RefreshOptions& options) {
  if (options.offline) return;
  cache.require_writable();
  scratch.emplace("refresh", cache.partial_folder());
}

// The InReleases of all suites, fetched and settled.
std::vector<Progress> refresh_suites(const std::vector<Suite>& suites, const Cache& cache,
                                     const RefreshOptions& options, const std::optional<TempDir>& scratch,
                                     Reporter& reporter) {
  std::vector<Progress> progress(suites.size());
  for (std::size_t i = 0; i < suites.size(); ++i)
    progress[i].folder = cache.suite_folder(suites[i].uri, suites[i].suite);
  if (!options.offline) fetch_in_releases(suites, options, cache, scratch->path(), progress, reporter);
  parallel_for(suites.size(), suites.size(), [&](std::size_t i) { settle(suites[i], cache, options, progress[i]); });
  for (const auto& each : progress) {
    for (const auto& warning : each.reporter.warnings) reporter.warn(warning);
  }
  return progress;
}

/// An index that the cache lacks.
struct Missing {
  const SuiteIndex* index;
  const SuiteIndex::Packages* packages;
  std::string path;  // in the Release, of the compressed file
  ReleaseEntry compressed;
};

void add_packages(SuiteIndex& index, const std::string& architecture) {
  for (const std::string& component : index.suite.components) {
    const auto found = index.release.files.find(fmt::format("{}/binary-{}/Packages", component, architecture));
    if (found == index.release.files.end()) {
      throw Error(ErrorKind::NotFound,
                  fmt::format("cannot use suite '{}': it has no component '{}' for architecture '{}'",
                              index.suite.suite, component, architecture),
                  fmt::format("it has {} for {}", join_words(index.release.components),
                              join_words(index.release.architectures)));
    }
    index.packages.push_back({component, found->second.sha256, found->second.size, {}});
  }
}

Missing compressed_index(const SuiteIndex& index, const SuiteIndex::Packages& packages,
                         const std::string& architecture) {
  const std::string path = fmt::format("{}/binary-{}/Packages.xz", packages.component, architecture);
  const auto found = index.release.files.find(path);
  const std::string name = in_release_url(index.suite);
  if (found == index.release.files.end()) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot use '{}': it lists no '{}'", name, path));
  }
  if (packages.size > kLargestIndex || found->second.size > kLargestIndex) {
    throw Error(ErrorKind::Refused,
                fmt::format("cannot use '{}': '{}' is larger than {}", name, path, human_size(kLargestIndex)));
  }
  return {&index, &packages, path, found->second};
}

std::string index_url(const Missing& missing, bool by_hash) {
  const std::string base = fmt::format("{}/dists/{}/", missing.index->suite.uri, missing.index->suite.suite);
  if (!by_hash) return base + missing.path;
  const auto folder = missing.path.substr(0, missing.path.rfind('/'));
  return fmt::format("{}{}/by-hash/SHA256/{}", base, folder, missing.compressed.sha256.hex());
}

void download_indices(const std::vector<Missing>& missing, const std::vector<fs::path>& files, bool by_hash,
                      const RefreshOptions& options, const Cache& cache, Reporter& reporter) {
  std::vector<net::Download> downloads;
  for (std::size_t i = 0; i < missing.size(); ++i) {
    downloads.push_back({.url = index_url(missing[i], by_hash && missing[i].index->release.acquire_by_hash),
                         .destination = files[i],
                         .sha256 = missing[i].compressed.sha256,
                         .size = missing[i].compressed.size,
                         .name = fmt::format("{} of {}", missing[i].path, missing[i].index->suite.suite)});
  }
  auto network = options.network;
  network.partial_folder = cache.partial_folder();
  network.what = "fetching package indices";
  net::download(downloads, network, reporter);
}

void fetch_indices(const std::vector<Missing>& missing, const RefreshOptions& options, const Cache& cache,
                   const fs::path& scratch, Reporter& reporter) {
  std::vector<fs::path> files;
  for (std::size_t i = 0; i < missing.size(); ++i) files.push_back(scratch / fmt::format("index-{}.xz", i));
  try {
    download_indices(missing, files, true, options, cache, reporter);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::NotFound) throw;
    // Some mirrors copy the Release but not the by-hash folders; the digests hold for the plain names as well.
    reporter.detail("the mirror has no indices by hash; asking for them by name");
    download_indices(missing, files, false, options, cache, reporter);
  }
  parallel_for(missing.size(), hardware_threads(), [&](std::size_t i) {
    const fs::path text = scratch / fmt::format("index-{}", i);
    decompress_xz(files[i], text, missing[i].packages->size, missing[i].packages->sha256, index_url(missing[i], false));
    cache.commit(text, missing[i].packages->sha256);
    fs::remove(files[i]);
  });
}

std::vector<Missing> find_missing(std::vector<SuiteIndex>& indices, const std::string& architecture,
                                  const Cache& cache) {
  std::vector<Missing> missing;
  for (SuiteIndex& index : indices) {
    add_packages(index, architecture);
    for (auto& packages : index.packages) {
      packages.file = cache.object_path(packages.sha256);
      if (!cache.has_intact(packages.sha256, packages.size))
        missing.push_back(compressed_index(index, packages, architecture));
    }
  }
  return missing;
}

}  // namespace

RefreshOptions refresh_options(const HostAptConfiguration& host, std::int64_t now) {
  RefreshOptions options;
  options.now = now;
  options.check_valid_until = host.check_valid_until;
  options.check_date = host.check_date;
  options.network.proxy = host.http_proxy;
  return options;
}

std::vector<Release> refresh_releases(const std::vector<Suite>& suites, const Cache& cache,
                                      const RefreshOptions& options, Reporter& reporter) {
  std::optional<TempDir> scratch;
  make_scratch(scratch, cache, options);
  auto progress = refresh_suites(suites, cache, options, scratch, reporter);
  std::vector<Release> releases;
  for (auto& each : progress) releases.push_back(std::move(each.verified->release));
  return releases;
}

std::vector<SuiteIndex> refresh_archive(const std::vector<Suite>& suites, const std::string& architecture,
                                        const Cache& cache, const RefreshOptions& options, Reporter& reporter) {
  std::optional<TempDir> scratch;
  make_scratch(scratch, cache, options);
  const auto step = reporter.begin("refreshing package indices", suites.size(), Reporter::Unit::Items);
  auto progress = refresh_suites(suites, cache, options, scratch, reporter);
  std::vector<SuiteIndex> indices;
  for (std::size_t i = 0; i < suites.size(); ++i)
    indices.push_back({suites[i], std::move(progress[i].verified->release), progress[i].verified->sha256, {}});
  const auto missing = find_missing(indices, architecture, cache);
  if (!missing.empty() && options.offline) {
    throw Error(ErrorKind::Unavailable,
                fmt::format("cannot use '{}': it is not in the cache, and --offline forbids to fetch it",
                            index_url(missing.front(), false)),
                "run once without --offline");
  }
  if (!missing.empty()) fetch_indices(missing, options, cache, scratch->path(), reporter);
  reporter.end(step, missing.empty() ? "unchanged" : fmt::format("{} indices fetched", missing.size()));
  return indices;
}

std::vector<LockedSuite> locked_suites(const std::vector<SuiteIndex>& indices) {
  std::vector<LockedSuite> suites;
  for (const auto& index : indices) {
    suites.push_back({index.suite.suite, index.suite.uri, index.release_sha256, index.release.date});
  }
  return suites;
}

}  // namespace keelson::deb
