#include "packages/deb/install/install.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <numeric>

#include "base/error.h"
#include "base/text.h"
#include "sys/parallel.h"

namespace keelson::deb {

namespace {

// Largest first, so that no thread is left alone with the kernel at the end.
std::vector<std::size_t> by_size(const Lock& lock) {
  std::vector<std::size_t> order(lock.packages.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return lock.packages[a].size.value > lock.packages[b].size.value;
  });
  return order;
}

// The names that a package's Replaces field lists, versions ignored: within one lock there is one version of each.
std::set<std::string> replaced_names(const std::string& control) {
  std::set<std::string> names;
  const std::string field = control_field(control, "Replaces");
  for (const auto part : split(field, ',')) {
    const auto words = split_words(part);
    if (!words.empty()) names.insert(std::string(words[0].substr(0, words[0].find_first_of(":("))));
  }
  return names;
}

struct Loaded {
  std::vector<OpenedPackage> opened;
  std::vector<UnpackedPackage> packages;  // same order as the lock
  std::vector<std::set<std::string>> replaces;
};

Loaded load(const Lock& lock, const PackageStore& store) {
  Loaded loaded;
  for (const auto& package : lock.packages) {
    loaded.opened.push_back(store.open(package.sha256));
    UnpackedPackage unpacked{.name = package.name, .architecture = package.architecture};
    unpacked.control = loaded.opened.back().control_files();
    const auto control = unpacked.control.find("control");
    if (control == unpacked.control.end())
      throw Error(ErrorKind::BadInput, fmt::format("cannot open package '{}': it has no control file", package.name));
    if (control_field(control->second, "Package") != package.name ||
        control_field(control->second, "Version") != package.version) {
      throw Error(ErrorKind::Refused,
                  fmt::format("cannot use package '{}': the file says that it is '{}' {}", package.name,
                              control_field(control->second, "Package"), control_field(control->second, "Version")));
    }
    unpacked.multi_arch_same = control_field(control->second, "Multi-Arch") == "same";
    loaded.replaces.push_back(replaced_names(control->second));
    loaded.packages.push_back(std::move(unpacked));
  }
  return loaded;
}

std::set<std::string> conffiles_of(const UnpackedPackage& package) {
  const auto found = package.control.find("conffiles");
  return found == package.control.end() ? std::set<std::string>{} : parse_conffiles(found->second);
}

}  // namespace

void open_packages(const Lock& lock, const InstallOptions& options, Reporter& reporter) {
  const PackageStore store(options.cache_root);
  std::vector<std::size_t> missing;
  for (const std::size_t i : by_size(lock)) {
    if (!store.has(lock.packages[i].sha256)) missing.push_back(i);
  }
  if (missing.empty()) return;
  Step step(reporter, "opening packages", missing.size());
  std::atomic<std::size_t> done{0};
  parallel_for(missing.size(), options.threads, [&](std::size_t i) {
    const LockedPackage& package = lock.packages[missing[i]];
    store.add(options.deb_path(package.sha256), package);
    step.advance(++done);
  });
}

UnpackedSystem unpack_system(const Lock& lock, const RootDir& root, const InstallOptions& options, Reporter& reporter) {
  const PackageStore store(options.cache_root);
  Step step(reporter, "unpacking packages", lock.packages.size());
  Loaded loaded = load(lock, store);
  std::vector<std::string> names;
  for (const auto& package : lock.packages) names.push_back(package.name);
  PathOwners owners(names, [&](std::size_t a, std::size_t b) { return loaded.replaces[a].contains(names[b]); });

  std::vector<bool> left_to_dpkg(lock.packages.size());
  std::atomic<std::size_t> done{0};
  const auto unpack = [&](std::size_t i) {
    UnpackedPackage& package = loaded.packages[i];
    try {
      package.files = extract_package(loaded.opened[i], package.name, i, conffiles_of(package), root, owners);
    } catch (const Error& error) {
      // A damaged entry would fail for ever: the next run opens the .deb again.
      if (error.message().find("its data") != std::string::npos) store.remove(lock.packages[i].sha256);
      throw;
    }
    step.advance(++done);
  };
  // base-files brings the symlinks /bin, /lib and /sbin that others' paths go through.
  const auto base = std::find(names.begin(), names.end(), "base-files");
  if (base != names.end()) unpack(static_cast<std::size_t>(base - names.begin()));
  std::vector<std::size_t> order;
  for (const std::size_t i : by_size(lock)) {
    left_to_dpkg[i] = needs_dpkg_unpack(loaded.packages[i].control);
    if (!left_to_dpkg[i] && names[i] != "base-files") order.push_back(i);
  }
  parallel_for(order.size(), options.threads, [&](std::size_t i) { unpack(order[i]); });

  UnpackedSystem system;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (left_to_dpkg[i]) {
      system.by_dpkg.push_back(options.deb_path(lock.packages[i].sha256));
    } else {
      system.packages.push_back(std::move(loaded.packages[i]));
    }
  }
  create_dpkg_database(root);
  write_dpkg_database(root, system.packages, options.synthetic);
  step.set_result(fmt::format("{} packages", names.size()));
  return system;
}

}  // namespace keelson::deb
