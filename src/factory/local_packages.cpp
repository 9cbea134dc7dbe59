#include "factory/local_packages.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "formats/deb822/stanza.h"
#include "packages/deb/install/package_store.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::factory {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostPackages = 10'000;
constexpr ByteCount kLargestPackage = gibibytes(2);

std::vector<fs::path> packages_below(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error)) {
    throw Error(ErrorKind::NotFound, fmt::format("cannot read '{}': no such folder", folder.native()));
  }
  if (!fs::is_directory(folder, error)) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot use '{}' as a source of packages: it is no folder", folder.native()),
                "name a folder with .deb files; repositories are named by the recipe's distribution");
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".deb" || !entry.is_regular_file(error)) continue;
    if (files.size() >= kMostPackages) {
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot use '{}': it holds more than {} packages", folder.native(), kMostPackages));
    }
    files.push_back(entry.path());
  }
  if (files.empty()) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot use '{}' as a source of packages: it holds no .deb file", folder.native()));
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// RFC 3986: what is not unreserved is escaped, slashes aside.
std::string url_path(std::string_view path) {
  std::string result;
  for (const char c : path) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       std::string_view("-._~/+").find(c) != std::string_view::npos;
    result += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return result;
}

/// The control file's one stanza, without the fields that an index adds.
std::string checked_control(std::string_view control, const std::string& name) {
  int stanzas = 0;
  deb822::parse_stanzas(control, name, [&](const deb822::Stanza& stanza) {
    ++stanzas;
    for (const auto* field : {"Filename", "Size", "SHA256", "MD5sum"}) {
      if (stanza.has(field))
        throw Error(ErrorKind::BadInput,
                    fmt::format("cannot use '{}': its control file has a field '{}'", name, field));
    }
  });
  if (stanzas != 1)
    throw Error(ErrorKind::BadInput, fmt::format("cannot use '{}': its control file is no stanza", name));
  return std::string(trim(control));
}

std::string stanza_of(const fs::path& deb, const fs::path& folder, const deb::Cache& cache, const TempDir& scratch) {
  const std::string content = read_file(deb, kLargestPackage);
  const Sha256 digest = sha256(content);
  if (!cache.has(digest, {content.size()})) {
    write_file_atomically(scratch.path() / "package", content);
    cache.commit(scratch.path() / "package", digest);
  }
  const deb::PackageStore store(cache.root());
  if (!store.has(digest)) {
    store.add(cache.object_path(digest),
              {.name = deb.filename().native(), .sha256 = digest, .size = {content.size()}, .url = deb.native()});
  }
  const auto files = store.open(digest).control_files();
  const auto control = files.find("control");
  const std::string text = control == files.end() ? "" : control->second;
  return fmt::format("{}\nFilename: {}\nSize: {}\nSHA256: {}\n\n", checked_control(text, deb.native()),
                     url_path(deb.lexically_relative(folder).native()), content.size(), digest.hex());
}

}  // namespace

std::vector<deb::IndexSource> index_local_packages(const std::vector<fs::path>& folders, const deb::Cache& cache) {
  std::vector<deb::IndexSource> sources;
  if (folders.empty()) return sources;
  cache.require_writable();
  const TempDir scratch("local", cache.partial_folder());
  for (const auto& named : folders) {
    const fs::path folder = fs::absolute(named.native()).lexically_normal();
    std::string text;
    for (const auto& deb : packages_below(folder)) text += stanza_of(deb, folder, cache, scratch);
    const Sha256 digest = sha256(text);
    write_file_atomically(scratch.path() / "index", text);
    cache.commit(scratch.path() / "index", digest);
    std::string base = url_path(folder.native());
    while (base.ends_with('/')) base.pop_back();
    sources.push_back({cache.object_path(digest), digest, "file://" + base, "local", "local"});
  }
  return sources;
}

}  // namespace keelson::factory
