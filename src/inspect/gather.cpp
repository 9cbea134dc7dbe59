#include "inspect/gather.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/harmless_text.h"
#include "base/text.h"
#include "hardening/check.h"
#include "inspect/installed_packages.h"
#include "inventory/package_changes.h"
#include "inventory/system_facts.h"

namespace keelson::inspect {

namespace {

constexpr ByteCount kLargestStatus = mebibytes(64);  // dpkg's; of all of Debian it would have 150 MiB
constexpr ByteCount kSmallFile = kibibytes(64);      // as the collector cuts
constexpr std::size_t kMostSettings = 131072;
constexpr std::size_t kMostBanners = 4096;

// A name with a line feed in it would tell of packages that are not there.
std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', '?');
  return text;
}

/// Calls `take` with each line, without splitting a large text into a list first.
template <typename Take>
void each_line(std::string_view text, Take&& take) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    take(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// RPM's packages in the words of dpkg's. Of several versions of one (kernels) the newest stands for all: it comes last.
std::string rpm_package_lines(const SystemFiles& files) {
  std::string lines;
  try {
    auto database = find_rpm_database(files);
    if (!database) return lines;
    auto packages = database->packages();
    std::stable_sort(packages.begin(), packages.end(), [](const auto& a, const auto& b) {
      return a.name != b.name ? a.name < b.name : inventory::compare_rpm_versions(a.version, b.version) < 0;
    });
    for (const auto& package : packages)
      lines += fmt::format("Package: {}\nStatus: install ok installed\nVersion: {}\n", one_line(package.name),
                           one_line(package.version));
  } catch (const Error& error) {
    files.note(error.message());
    return {};
  }
  return lines;
}

// Of dpkg's status only the lines that are understood; packages of status.d (distroless images) have no Status.
std::string package_lines(const SystemFiles& files) {
  std::string lines;
  const auto take = [&](std::string_view text) {
    each_line(text, [&](std::string_view line) {
      if (line.starts_with("Package: ") || line.starts_with("Status: ") || line.starts_with("Architecture: ") ||
          line.starts_with("Version: "))
        lines += std::string(line) + "\n";
    });
  };
  if (const auto status = files.text("/var/lib/dpkg/status", kLargestStatus)) take(*status);
  for (const auto& name : files.list("/var/lib/dpkg/status.d")) {
    if (name.ends_with(".md5sums")) continue;
    const auto stanza = files.text("/var/lib/dpkg/status.d/" + name);
    if (!stanza) continue;
    std::string installed;  // there is none that is not; the status goes behind the name, which sets it back
    each_line(*stanza, [&](std::string_view line) {
      installed += std::string(line) + "\n";
      if (line.starts_with("Package: ")) installed += "Status: install ok installed\n";
    });
    take(installed);
  }
  if (lines.empty()) lines = rpm_package_lines(files);
  return harmless_text(lines);
}

std::string kernel_options(std::string_view configuration) {
  const auto asked = hardening::asked(hardening::Subject::KernelOption);
  const std::set<std::string, std::less<>> wanted(asked.begin(), asked.end());
  std::string lines;
  each_line(configuration, [&](std::string_view line) {
    auto name = line.starts_with("# ") ? line.substr(2) : line;
    name = name.substr(0, name.find_first_of("= "));
    if (wanted.contains(name)) lines += std::string(line) + "\n";
  });
  return lines;
}

// Every "/NAME.ko" of a wanted module, as grep -o finds them.
std::string modules_in(std::string_view index, const std::set<std::string>& wanted) {
  std::string lines;
  for (std::size_t at = index.find(".ko"); at != std::string_view::npos; at = index.find(".ko", at + 1)) {
    const auto slash = index.rfind('/', at);
    if (slash == std::string_view::npos) continue;
    std::string name(index.substr(slash + 1, at - slash - 1));
    const std::string found = fmt::format("/{}.ko\n", name);
    std::replace(name.begin(), name.end(), '_', '-');
    if (wanted.contains(name)) lines += found;
  }
  return lines;
}

// stat's "0644 root:root /etc/passwd" of the files that are there.
std::string modes(const SystemFiles& files, const KnownOwners& owners) {
  const auto name_of = [](const auto& names, std::uint32_t id) {
    const auto found = names.find(id);
    return found == names.end() ? std::string("UNKNOWN") : found->second;
  };
  std::string lines;
  for (const auto& path : hardening::asked(hardening::Subject::File)) {
    const auto place = files.find(path, LastLink::Keep);
    if (!place) continue;
    lines += fmt::format("{:04o} {}:{} {}\n", place->node.mode, name_of(owners.users, place->node.uid),
                         name_of(owners.groups, place->node.gid), path);
  }
  return lines;
}

// The paths in a folder that a shell's FOLDER/*ENDING gives.
std::vector<std::string> matching(const SystemFiles& files, const std::string& folder, std::string_view ending) {
  std::vector<std::string> paths;
  for (const auto& name : files.list(folder))
    if (!name.starts_with('.') && name.ends_with(ending)) paths.push_back(folder + "/" + name);
  return paths;
}

std::vector<std::string> settings_files(const SystemFiles& files) {
  std::vector<std::string> paths{"/etc/pam.d/su", "/etc/login.defs", "/etc/profile"};
  const auto add = [&](const std::string& folder, std::string_view ending) {
    const auto more = matching(files, folder, ending);
    paths.insert(paths.end(), more.begin(), more.end());
  };
  add("/etc/profile.d", "");
  for (const std::string folder : {"/usr/lib/systemd", "/etc/systemd"}) {
    add(folder, ".conf");
    for (const auto& drop_ins : matching(files, folder, ".conf.d")) add(drop_ins, "");
  }
  add("/usr/lib/modprobe.d", "");
  add("/etc/modprobe.d", "");
  return paths;
}

template <typename Wanted>
std::string lines_with_paths(const SystemFiles& files, const std::vector<std::string>& paths, std::size_t most,
                             Wanted&& wanted) {
  std::string lines;
  for (const auto& path : paths) {
    const auto text = files.harmless(path, kSmallFile);
    if (!text) continue;
    each_line(*text, [&](std::string_view line) {
      if (lines.size() < most && wanted(path, line)) lines += fmt::format("{}:{}\n", harmless_text(path), line);
    });
  }
  if (lines.size() > most) lines.resize(most);
  return lines;
}

}  // namespace

bool is_system(const SystemFiles& files) {
  return files.find("/etc/os-release").has_value() || files.find("/usr/lib/os-release").has_value();
}

inventory::Sections gather(const SystemFiles& files, const std::string& kernel, const WalkedTree& walked) {
  inventory::Sections sections;
  const auto put = [&](const char* name, std::optional<std::string> text) {
    if (text) sections[name] = std::move(*text);
  };
  auto os_release = files.harmless("/etc/os-release", kSmallFile);
  put("os-release", os_release ? os_release : files.harmless("/usr/lib/os-release", kSmallFile));
  put("packages", package_lines(files));
  put("passwd", files.harmless("/etc/passwd", kSmallFile));
  put("group", files.harmless("/etc/group", kSmallFile));
  if (const auto shadow = files.harmless("/etc/shadow", kSmallFile)) put("shadow", inventory::shadow_states(*shadow));
  put("selinux-config", files.harmless("/etc/selinux/config", kSmallFile));
  put("setuid", walked.setuid);
  put("world-writable", walked.world_writable);
  put("unowned", walked.unowned);
  put("settings", lines_with_paths(files, settings_files(files), kMostSettings, inventory::wanted_setting));
  put("banners", lines_with_paths(files, {"/etc/issue", "/etc/issue.net", "/etc/motd"}, kMostBanners,
                                  [](const auto&, std::string_view line) { return inventory::banner_reveals(line); }));
  if (files.is_folder("/var/log/journal")) put("journal", "persistent");
  put("modes", modes(files, known_owners(sections["passwd"], sections["group"])));
  if (kernel.empty()) return sections;
  auto configuration = files.harmless("/boot/config-" + kernel, mebibytes(4));
  if (!configuration) configuration = files.harmless("/usr/lib/modules/" + kernel + "/config", mebibytes(4));
  if (configuration) put("kernel-config", kernel_options(*configuration));
  const auto asked = hardening::asked(hardening::Subject::Module);
  const std::set<std::string> wanted(asked.begin(), asked.end());
  std::string there;
  for (const char* index : {"modules.dep", "modules.builtin"}) {
    const auto text = files.harmless(fmt::format("/usr/lib/modules/{}/{}", kernel, index), mebibytes(8));
    if (text) there += modules_in(*text, wanted);
  }
  put("modules-there", there);
  return sections;
}

}  // namespace keelson::inspect
