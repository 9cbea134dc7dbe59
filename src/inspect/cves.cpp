#include "inspect/cves.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <optional>
#include <span>

#include "base/error.h"
#include "inspect/open_system.h"
#include "inspect/source_list.h"
#include "sys/file.h"

namespace keelson::inspect {

namespace {

namespace fs = std::filesystem;

constexpr ByteCount kLargestStatus = mebibytes(256);
constexpr ByteCount kLargestFragment = mebibytes(1);
constexpr std::size_t kMostFragments = 10'000;

// A regular file's whole content. What is too large is refused and not cut: a package that is left out is one that
// nobody looks at.
std::optional<std::string> find_text(const SystemFiles& files, const std::string& path, ByteCount limit) {
  const auto place = files.find(path);
  if (!place || place->node.type != NodeType::File) return std::nullopt;
  const std::uint64_t size = place->node.size.value;
  if (size > limit.value)
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': it is larger than {}", path, human_size(limit)));
  std::string text(size, '\0');
  place->files->read(place->node.id, 0, std::as_writable_bytes(std::span(text)));
  return text;
}

// Images without dpkg itself keep one file per package, beside others of the same package ("x.md5sums").
std::string status_fragments(const SystemFiles& files) {
  const auto names = files.list("/var/lib/dpkg/status.d");
  if (names.size() >= kMostFragments)
    throw Error(ErrorKind::BadInput, "cannot read the package database: status.d has 10,000 files or more");
  std::string text;
  for (const auto& name : names) {
    if (name.ends_with(".md5sums")) continue;
    if (const auto part = find_text(files, "/var/lib/dpkg/status.d/" + name, kLargestFragment)) text += *part + "\n\n";
    if (text.size() > kLargestStatus.value)
      throw Error(ErrorKind::BadInput, "cannot read the package database: status.d is larger than 256 MiB");
  }
  return text;
}

[[noreturn]] void no_packages(const SystemFiles& files) {
  for (const char* database : {"/usr/lib/sysimage/rpm", "/var/lib/rpm"}) {
    if (!files.is_folder(database)) continue;
    throw Error(ErrorKind::BadInput, "cannot match vulnerabilities: its packages are RPM packages",
                "this is not supported yet: feeds are read for Debian's releases only");
  }
  throw Error(ErrorKind::BadInput, "cannot match vulnerabilities: it has no package database with installed packages",
              "/var/lib/dpkg/status and /var/lib/dpkg/status.d were looked for");
}

std::vector<inventory::Package> packages_in(const SystemFiles& files) {
  std::string text = find_text(files, "/var/lib/dpkg/status", kLargestStatus).value_or("");
  text += "\n\n" + status_fragments(files);
  // A part that cannot be read counts as not there elsewhere; here its packages would be missing unseen.
  if (!files.notes().empty())
    throw Error(ErrorKind::BadInput, fmt::format("cannot read the package database: {}", files.notes().front()));
  auto packages = inventory::read_dpkg_status(text);
  if (packages.empty()) no_packages(files);
  return packages;
}

vulnerability::Release release_in(const SystemFiles& files, const std::string& asked) {
  if (!asked.empty()) return vulnerability::require_release(asked);
  for (const char* path : {"/etc/os-release", "/usr/lib/os-release"}) {
    if (const auto text = find_text(files, path, mebibytes(1))) return vulnerability::read_release(*text);
  }
  throw Error(ErrorKind::BadInput, "cannot match vulnerabilities: it has no os-release, so its release is not known",
              "name one by --release, such as --release trixie");
}

PackagedSystem opened_system(const fs::path& path, std::string kind, const std::string& release) {
  const OpenedSystem system(path);
  const SystemFiles& files = system.files();
  return {.kind = std::move(kind), .release = release_in(files, release), .packages = packages_in(files)};
}

PackagedSystem list_system(const fs::path& path, std::string_view head, const std::string& release) {
  if (release.empty()) {
    throw Error(ErrorKind::Usage,
                fmt::format("cannot match the packages of '{}': a list does not name its release", path.native()),
                "name it by --release, such as --release trixie");
  }
  const std::string text = read_file(path, kLargestStatus);
  const bool status = head.starts_with("Package:");
  return {.kind = "list",
          .release = vulnerability::require_release(release),
          .packages = status ? inventory::read_dpkg_status(text) : read_source_list(text, path.native())};
}

// A disk begins with zeros or a header that has some; a text has none.
bool is_text(std::string_view head) { return head.find('\0') == std::string_view::npos; }

}  // namespace

PackagedSystem read_packaged_system(const std::filesystem::path& path, const std::string& release) {
  std::error_code missing;  // open_file() says it better
  if (fs::is_directory(path, missing)) {
    return with_context(fmt::format("reading the packages of '{}'", path.native()),
                        [&] { return opened_system(path, "folder", release); });
  }
  std::string head(4096, '\0');
  const UniqueFd fd = open_file(path, O_RDONLY);
  head.resize(read_up_to(fd.get(), std::as_writable_bytes(std::span(head)), path.native()));
  if (is_text(head)) return list_system(path, head, release);
  return with_context(fmt::format("reading the packages of '{}'", path.native()),
                      [&] { return opened_system(path, "image", release); });
}

}  // namespace keelson::inspect
