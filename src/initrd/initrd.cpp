#include "initrd/initrd.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "formats/cpio/archive.h"
#include "initrd/compressor.h"
#include "initrd/contents.h"
#include "initrd/file_set.h"
#include "initrd/module_set.h"

namespace keelson::initrd {
namespace {

constexpr std::string_view kUnitFolder = "usr/lib/systemd/system";

std::uint16_t elf_machine(std::string_view architecture) {
  if (architecture == "amd64") return 62;
  if (architecture == "arm64") return 183;
  throw Error(ErrorKind::BadInput, fmt::format("cannot build initrd for '{}': unknown architecture", architecture),
              "amd64 and arm64 are known");
}

std::string make_groups(const RootDir& root) {
  const std::string own = root.find_text("etc/group").value_or("");
  std::string text;
  for (const std::string_view group : groups()) {
    const std::size_t colon = group.find(':');
    std::string_view id = group.substr(colon + 1);
    for (const std::string_view line : split(own, '\n')) {
      const auto fields = split(line, ':');
      if (fields.size() >= 3 && fields[0] == group.substr(0, colon)) id = fields[2];
    }
    text += fmt::format("{}:x:{}:\n", group.substr(0, colon), id);
  }
  return text;
}

void put_base(const RootDir& root, FileSet& files) {
  for (const char* folder : {"dev", "etc", "proc", "run", "sys", "sysroot", "tmp", "usr", "var"})
    files.put_folder(folder);
  files.put_folder("root", 0700);
  files.put_device("dev/console", 0600, 5, 1);
  for (const char* link : {"bin", "sbin", "lib"}) files.add(link);
  const std::string release = root.read("usr/lib/os-release");
  files.put_file("etc/initrd-release", release);
  files.put_link("../usr/lib/os-release", "etc/os-release");
  files.put_file("etc/passwd", "root:x:0:0:root:/root:/usr/sbin/nologin\n");
  files.put_file("etc/group", make_groups(root));
  files.put_link("usr/lib/systemd/systemd", "init");
}

/// Returns the dlopen features that the collected programs shall find.
std::set<std::string> put_programs(FileSet& files, bool verity) {
  // Mounting and module loading: newer releases of systemd load by dlopen() what older ones were linked with.
  std::set<std::string> features = {"kmod", "mount", "blkid"};
  for (const std::string_view path : required_files()) files.add(path);
  for (const std::string_view path : optional_files()) files.add_if_there(path);
  if (verity) files.add(verity_files().front());
  if (files.add_if_there(verity_files().front())) {
    for (const std::string_view path : verity_files()) files.add_if_there(path);
    features.insert("cryptsetup");
  }
  return features;
}

void put_units(FileSet& files) {
  for (const std::string_view unit : units()) files.add_if_there(fmt::format("{}/{}", kUnitFolder, unit));
  for (const std::string_view want : wants()) {
    const auto parts = split(want, '/');
    files.put_link(fmt::format("../{}", parts[1]), fmt::format("{}/{}.wants/{}", kUnitFolder, parts[0], parts[1]));
  }
  for (const OwnFile& file : own_files()) files.put_file(file.path, std::string(file.content));
  files.put_link("initrd.target", fmt::format("{}/default.target", kUnitFolder));
  files.put_link("reboot.target", fmt::format("{}/ctrl-alt-del.target", kUnitFolder));
}

std::size_t put_modules(const RootDir& root, const InitrdOptions& options, FileSet& files, Reporter& reporter) {
  ModuleSet set(root, options.kernel_release);
  for (const std::string_view name : modules()) {
    if (!set.add(std::string(name)))
      reporter.detail(fmt::format("kernel {} has no module '{}'", options.kernel_release, name));
  }
  std::vector<std::string> needed = options.extra_modules;
  if (options.verity) needed.emplace_back("dm_verity");
  for (const std::string& name : needed) {
    if (!set.add(name)) {
      throw Error(ErrorKind::NotFound, fmt::format("cannot add kernel module '{}': kernel {} has no such module", name,
                                                   options.kernel_release));
    }
  }
  set.put_into(files);
  return set.size();
}

Bytes pack(const FileSet& files, const InitrdOptions& options) {
  Compressor compressor(options.zstd_level);
  cpio::Writer writer([&](ByteView piece) { compressor.add(piece); }, options.epoch);
  for (const auto& [path, entry] : files.entries()) writer.add(entry);
  writer.finish();
  return compressor.finish();
}

}  // namespace

std::vector<std::string> find_kernels(const RootDir& root) {
  std::vector<std::string> releases;
  for (const std::string& name : root.list("usr/lib/modules")) {
    if (name.starts_with(".")) continue;
    if (root.exists("boot/vmlinuz-" + name) || root.exists("usr/lib/modules/" + name + "/vmlinuz"))
      releases.push_back(name);
  }
  // strverscmp orders numbers as numbers and knows no locale: 6.9 comes before 6.12.
  std::ranges::sort(releases,
                    [](const std::string& a, const std::string& b) { return ::strverscmp(a.c_str(), b.c_str()) < 0; });
  return releases;
}

std::map<std::string, std::string> module_settings(const RootDir& root) {
  std::map<std::string, std::string> settings;
  for (const std::string& name : root.list("etc/modprobe.d")) {
    const std::string path = "etc/modprobe.d/" + name;
    const auto status = root.status(path);
    if (name.ends_with(".conf") && status && S_ISREG(status->st_mode))
      settings.emplace(path, root.read(path, mebibytes(1)));
  }
  return settings;
}

Bytes build_initrd(const RootDir& root, const InitrdOptions& options, Reporter& reporter) {
  return with_context(fmt::format("building the initrd for kernel {}", options.kernel_release), [&] {
    Step step(reporter, "building initrd");
    FileSet files(root, elf_machine(options.architecture));
    put_base(root, files);
    const std::set<std::string> features = put_programs(files, options.verity);
    put_units(files);
    files.add_libraries(features);
    for (const auto& [path, content] : module_settings(root)) files.put_file(path, content);
    const std::size_t module_count = put_modules(root, options, files, reporter);
    Bytes initrd = pack(files, options);
    step.set_result(fmt::format("{} files, {} kernel modules, {}", files.entries().size(), module_count,
                                human_size({initrd.size()})));
    return initrd;
  });
}

void append_files(Bytes& initrd, const std::map<std::string, std::string>& files, std::int64_t epoch) {
  // Linux, init/initramfs.c: an archive that is not compressed begins at a multiple of four.
  initrd.resize((initrd.size() + 3) / 4 * 4);
  cpio::Writer writer([&](ByteView piece) { initrd.insert(initrd.end(), piece.begin(), piece.end()); }, epoch);
  std::set<std::string> folders;
  for (const auto& [path, content] : files) {
    for (std::size_t end = path.find('/'); end != std::string::npos; end = path.find('/', end + 1)) {
      const std::string folder = path.substr(0, end);
      if (folders.insert(folder).second) writer.add({.path = folder, .mode = S_IFDIR | 0755});
    }
    writer.add({.path = path, .mode = S_IFREG | 0644, .data = content});
  }
  writer.finish();
}

}  // namespace keelson::initrd
