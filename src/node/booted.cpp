#include "node/booted.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "inspect/installed_packages.h"
#include "inventory/package_hash.h"
#include "inventory/sections.h"
#include "node/containerd_version.h"
#include "node/digest_text.h"
#include "node/embedded_bill.h"
#include "node/installed_images.h"
#include "node/verity_root.h"

namespace keelson::node {

namespace {

BootedPart not_known(std::string how) { return {.how = std::move(how)}; }

BootedPart name_of(const LiveRoot& root, const std::string& command_line) {
  try {
    if (const auto image = find_installed_image(root.files(), command_line); image && !image->name.empty())
      return {.value = image->name, .source = Source::Disk, .how = std::string(kInstalledImages)};
  } catch (const Error&) {
    // The digest's part tells of the broken file.
  }
  auto os_release = root.files().harmless("/etc/os-release");
  if (!os_release) os_release = root.files().harmless("/usr/lib/os-release");
  const std::string id = inventory::property_in(os_release.value_or(""), "IMAGE_ID");
  const std::string version = inventory::property_in(os_release.value_or(""), "IMAGE_VERSION");
  if (id.empty()) return not_known("os-release has no IMAGE_ID");
  return {.value = version.empty() ? id : id + "-" + version,
          .source = Source::Disk,
          .how = "IMAGE_ID and IMAGE_VERSION of os-release"};
}

BootedPart digest_of(const LiveRoot& root, const std::string& command_line) {
  if (const auto verity = find_verity_root(root, command_line))
    return {.value = "sha256:" + verity->root_hash,
            .source = Source::Verity,
            .how = fmt::format("root hash of {}, which dm-verity enforces", verity->mount_point)};
  try {
    if (const auto image = find_installed_image(root.files(), command_line))
      return {.value = image->image_digest,
              .source = Source::Disk,
              .how = fmt::format("{}: as it was recorded when the image was written", kInstalledImages)};
  } catch (const Error& error) {
    return not_known(error.message());
  }
  return not_known(fmt::format("neither / nor /usr is under dm-verity, and {} does not tell", kInstalledImages));
}

BootedPart packages_of(const LiveRoot& root, const std::string& command_line) {
  try {
    if (find_verity_root(root, command_line)) {
      if (const auto packages = read_embedded_bill(root); !packages.empty())
        return {.value = digest_text(inventory::package_list_hash(packages)),
                .source = Source::Verity,
                .how = fmt::format("{}, which dm-verity protects: {} packages", kEmbeddedBill, packages.size())};
    }
    const auto list = inspect::find_packages(root.files());
    if (!list || list->packages.empty()) return not_known("there is no database of packages");
    return {.value = digest_text(inventory::package_list_hash(list->packages)),
            .source = Source::Disk,
            .how = fmt::format("the package database: {} packages", list->packages.size())};
  } catch (const Error& error) {
    return not_known(error.message());
  }
}

BootedPart kernel_of(const LiveRoot& root) {
  const auto release = root.kernel_says("/proc/sys/kernel/osrelease");
  if (!release) return not_known("the kernel's osrelease can't be read");
  return {.value = *release, .source = Source::Kernel, .how = "uname -r"};
}

BootedPart containerd_of(const LiveRoot& root) {
  if (const auto told = containerd_version(root))
    return {.value = told->version,
            .source = told->by_program ? Source::Program : Source::Disk,
            .how = told->by_program ? "containerd --version" : "the package database"};
  return not_known("there is no containerd");
}

BootedPart selinux_of(const LiveRoot& root) {
  const auto enforce = root.kernel_says("/sys/fs/selinux/enforce");
  if (!enforce) return {.value = "disabled", .source = Source::Kernel, .how = "there is no /sys/fs/selinux/enforce"};
  return {.value = *enforce == "1" ? "enforcing" : "permissive",
          .source = Source::Kernel,
          .how = "/sys/fs/selinux/enforce"};
}

BootedPart fips_of(const LiveRoot& root) {
  const auto enabled = root.kernel_says("/proc/sys/crypto/fips_enabled");
  return {.value = enabled && *enabled == "1" ? "enabled" : "disabled",
          .source = Source::Kernel,
          .how = enabled ? "/proc/sys/crypto/fips_enabled" : "the kernel has no fips_enabled"};
}

}  // namespace

std::string_view source_name(Source source) {
  switch (source) {
    case Source::Kernel:
      return "kernel";
    case Source::Verity:
      return "verity";
    case Source::Program:
      return "program";
    case Source::Disk:
      return "disk";
    case Source::NotKnown:
      return "not known";
  }
  return "";
}

Booted read_booted(const LiveRoot& root) {
  Booted booted;
  const auto boot_id = root.kernel_says("/proc/sys/kernel/random/boot_id");
  if (!boot_id || boot_id->empty())
    throw Error(
        ErrorKind::Unavailable,
        fmt::format("cannot tell which boot of '{}' this is: the kernel's boot_id can't be read", root.path().native()),
        "where the node's root is mounted in a pod, its /proc must be in it");
  booted.report.boot_id = *boot_id;
  const std::string command_line = root.kernel_says("/proc/cmdline").value_or("");
  auto& release = booted.report.booted;
  const auto take = [&](const char* what, std::string& member, BootedPart part) {
    part.what = what;
    member = part.value;
    booted.parts.push_back(std::move(part));
  };
  take("name", release.name, name_of(root, command_line));
  take("imageDigest", release.image_digest, digest_of(root, command_line));
  take("manifestHash", release.manifest_hash, packages_of(root, command_line));
  take("kernel", release.kernel, kernel_of(root));
  take("containerd", release.containerd, containerd_of(root));
  take("selinux", release.selinux, selinux_of(root));
  take("fips", release.fips, fips_of(root));
  return booted;
}

}  // namespace keelson::node
