#include "initrd/file_set.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <deque>

#include "base/error.h"
#include "base/text.h"
#include "initrd/elf.h"

namespace keelson::initrd {
namespace {

constexpr int kMaximumLinks = 40;  // as the kernel's own limit

/// Where the loaders of Debian (one folder per architecture, of which a tree has one) and of the RPM distributions
/// look without a cache.
constexpr std::array kDefaultFolders = {"usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib64",
                                        "usr/lib"};

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

}  // namespace

std::string FileSet::add(std::string_view path) {
  std::string real = resolve(path);
  if (real.empty())
    throw Error(ErrorKind::NotFound, fmt::format("cannot add '{}' to the initrd: it is not in the tree", path));
  return real;
}

bool FileSet::add_if_there(std::string_view path) { return !resolve(path).empty(); }

/// Walks the path name by name, taking each symlink and folder on the way. Returns "" if something is missing:
/// what was taken until then stays, and does no harm.
std::string FileSet::resolve(std::string_view path) {
  std::deque<std::string> names;
  for (const std::string_view name : split(path, '/')) names.emplace_back(name);
  std::string current;
  for (int links = 0; !names.empty();) {
    const std::string name = std::move(names.front());
    names.pop_front();
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      current = parent_of(current);
      continue;
    }
    const std::string next = current.empty() ? name : current + "/" + name;
    if (const auto known = entries_.find(next); known == entries_.end()) {
      const auto status = root_.status(next);
      if (!status) return "";
      take(next, *status);
    }
    const cpio::Entry& entry = entries_.at(next);
    if (!S_ISLNK(entry.mode)) {
      current = next;
      continue;
    }
    if (++links > kMaximumLinks)
      throw Error(ErrorKind::BadInput, fmt::format("cannot follow '{}': too many symlinks", path));
    if (entry.data.starts_with('/')) current.clear();
    const auto parts = split(entry.data, '/');
    names.insert(names.begin(), parts.begin(), parts.end());
  }
  return current;
}

void FileSet::take(const std::string& path, const struct stat& status) {
  if (S_ISLNK(status.st_mode)) {
    put({.path = path, .mode = S_IFLNK | 0777, .data = root_.read_link(path)});
  } else if (S_ISDIR(status.st_mode)) {
    put({.path = path, .mode = S_IFDIR | 0755});
  } else if (S_ISREG(status.st_mode)) {
    const std::uint32_t mode = (status.st_mode & 0111) != 0 ? 0755 : 0644;
    put({.path = path, .mode = S_IFREG | mode, .data = root_.read(path)});
    unexamined_.push_back(path);
  } else {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot add '{}' to the initrd: it is no file, folder or symlink", path));
  }
}

void FileSet::put(cpio::Entry entry) {
  const std::string folder = parent_of(entry.path);
  if (!folder.empty() && !entries_.contains(folder)) put({.path = folder, .mode = S_IFDIR | 0755});
  std::string path = entry.path;
  entries_.insert_or_assign(std::move(path), std::move(entry));
}

void FileSet::put_folder(std::string_view path, std::uint32_t mode) {
  put({.path = std::string(path), .mode = S_IFDIR | mode});
}

void FileSet::put_file(std::string_view path, std::string content, std::uint32_t mode) {
  put({.path = std::string(path), .mode = S_IFREG | mode, .data = std::move(content)});
}

void FileSet::put_link(std::string_view target, std::string_view path) {
  put({.path = std::string(path), .mode = S_IFLNK | 0777, .data = std::string(target)});
}

void FileSet::put_device(std::string_view path, std::uint32_t mode, std::uint32_t device_major,
                         std::uint32_t device_minor) {
  put({.path = std::string(path), .mode = S_IFCHR | mode, .device_major = device_major, .device_minor = device_minor});
}

void FileSet::add_libraries(const std::set<std::string>& features) {
  while (!unexamined_.empty()) {
    const std::string program = std::move(unexamined_.back());
    unexamined_.pop_back();
    if (is_elf(as_bytes(entries_.at(program).data))) add_needs_of(program, features);
  }
}

bool FileSet::add_library(const std::string& soname, const std::vector<std::string>& folders) {
  if (soname.find('/') != std::string::npos) return false;  // a soname is a plain name
  for (const std::string& folder : folders) {
    if (add_if_there(folder + "/" + soname)) return true;
  }
  return false;
}

void FileSet::add_needs_of(const std::string& program, const std::set<std::string>& features) {
  const ElfNeeds needs = parse_elf_needs(as_bytes(entries_.at(program).data), program);
  if (needs.machine != machine_) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot add '{}' to the initrd: it is for another architecture (ELF machine {}, not {})",
                            program, needs.machine, machine_));
  }
  if (!needs.interpreter.empty()) add(needs.interpreter);
  std::vector<std::string> folders;
  for (std::string folder : needs.run_path) {
    if (folder.starts_with("$ORIGIN")) folder.replace(0, 7, parent_of(program));
    folders.push_back(folder);
  }
  folders.insert(folders.end(), kDefaultFolders.begin(), kDefaultFolders.end());
  // A private library without a run path finds its neighbours because the program, which has one, loaded them before.
  folders.push_back(parent_of(program));
  for (const std::string& soname : needs.libraries) {
    if (add_library(soname, folders)) continue;
    throw Error(ErrorKind::NotFound,
                fmt::format("cannot add '{}' to the initrd: its library '{}' is not in the tree", program, soname));
  }
  for (const OptionalLibrary& library : needs.optional) {
    if (library.priority != "required" && !features.contains(library.feature)) continue;
    for (const std::string& soname : library.sonames) {
      if (add_library(soname, folders)) break;
    }
  }
}

}  // namespace keelson::initrd
