// The toolkit's systems: packages, kernel, files, users, scripts.
#include <fmt/format.h>

#include <array>
#include <map>

#include "recipe/migrate_forms.h"
#include "recipe/migrate_toolkit.h"

namespace keelson::recipe {

namespace {

void append(Node& root, std::string_view path, Node item) {
  if (find_at(root, path) == nullptr) put_at(root, path, list_node(item.mark), item.mark);
  find_at(root, path)->items.push_back(std::move(item));
}

void read_packages(OldMap& system, Node& root, Notes& notes) {
  if (const Node* lists = system.take("PackageLists")) {
    put_at(root, "os.packages.installLists", *lists, system.mark_of("PackageLists"));
    notes.changed(system.mark_of("PackageLists"), system.path_of("PackageLists"), "os.packages.installLists",
                  "the lists' own form is the same");
  }
  if (const Node* packages = system.take("Packages")) {
    put_at(root, "os.packages.install", *packages, system.mark_of("Packages"));
    notes.changed(system.mark_of("Packages"), system.path_of("Packages"), "os.packages.install", "it has a section");
  }
  if (system.is_true("RemoveRpmDb")) {
    put_at(root, "os.packages.removePackageManager", text_node("true", system.mark_of("RemoveRpmDb"), true), {});
    notes.changed(system.mark_of("RemoveRpmDb"), system.path_of("RemoveRpmDb"), "os.packages.removePackageManager",
                  "the package manager goes together with its database");
  }
}

void read_kernels(OldMap& system, Node& root, Notes& notes) {
  const Node* kernels = system.take("KernelOptions");
  if (kernels == nullptr) return;
  for (const auto& entry : kernels->entries) {
    const std::string path = fmt::format("{}.{}", system.path_of("KernelOptions"), entry.key);
    if (entry.key.starts_with('_')) continue;
    if (entry.key != "default") {
      notes.dropped(entry.mark, path, "one kernel is installed, the default one");
      continue;
    }
    append(root, "os.packages.install", entry.value);
    notes.changed(entry.mark, path, "os.packages.install: " + entry.value.text, "a kernel is a package");
  }
}

void put_word(Node& root, std::string_view path, std::string word, OldMap& old, std::string_view key,
              std::string_view why) {
  const Mark mark = old.mark_of(key);
  old.notes().changed(mark, old.path_of(key), fmt::format("{}: {}", path, word), std::string(why));
  put_at(root, path, text_node(std::move(word), mark), mark);
}

void read_arguments(OldMap& line, Node& root, Notes& notes) {
  constexpr std::string_view kTo = "os.kernelCommandLine.extraCommandLine";
  std::string policies;
  if (const Node* ima = line.take("ImaPolicy")) {
    for (const auto& policy : ima->items) policies += (policies.empty() ? "" : "|") + policy.text;
    append(root, kTo, text_node("ima_policy=" + policies, ima->mark));
    notes.changed(line.mark_of("ImaPolicy"), line.path_of("ImaPolicy"), fmt::format("{}: ima_policy={}", kTo, policies),
                  "that is what it put there");
  }
  const Node* extra = line.take("ExtraCommandLine");
  if (extra == nullptr || extra->text.empty()) return;
  for (auto& word : command_line_words(extra->text)) append(root, kTo, text_node(std::move(word), extra->mark));
  notes.changed(line.mark_of("ExtraCommandLine"), line.path_of("ExtraCommandLine"), std::string(kTo),
                "arguments are a list now");
}

void read_command_line(OldMap& system, Node& root, Notes& notes) {
  OldMap line(system.take("KernelCommandLine"), system.path_of("KernelCommandLine"), notes);
  read_arguments(line, root, notes);
  const std::string selinux = line.text("SELinux");
  if (!selinux.empty()) put_word(root, "os.selinux.mode", plain_word(selinux), line, "SELinux", "it has a section");
  const std::string policy = line.text("SELinuxPolicy");
  if (!policy.empty()) {
    append(root, "os.packages.install", text_node(policy, line.mark_of("SELinuxPolicy")));
    notes.changed(line.mark_of("SELinuxPolicy"), line.path_of("SELinuxPolicy"), "os.packages.install: " + policy,
                  "a policy is a package");
  }
  if (line.is_true("EnableFIPS")) put_word(root, "os.fips.mode", "enabled", line, "EnableFIPS", "an extension key");
  const std::string cgroup = line.text("CGroup");
  if (cgroup == "version_one" || cgroup == "version_two") {
    put_word(root, "os.cgroup.version", cgroup == "version_one" ? "v1" : "v2", line, "CGroup", "an extension key");
  } else if (!cgroup.empty()) {
    notes.dropped(line.mark_of("CGroup"), fmt::format("{}: {}", line.path_of("CGroup"), cgroup),
                  "it is neither version_one nor version_two");
  }
  line.finish();
}

void read_files(OldMap& system, Node& root, Notes& notes) {
  const Node* files = system.take("AdditionalFiles");
  if (files == nullptr) return;
  Node map = *files;
  for (auto& source : map.entries) {
    for (Node* destination : {&source.value})
      for (auto& entry : destination->entries) entry.key = plain_word(entry.key);
    for (auto& destination : source.value.items)
      for (auto& entry : destination.entries) entry.key = plain_word(entry.key);
  }
  put_at(root, "os.additionalFiles", files_from_map(std::move(map), system.path_of("AdditionalFiles"), notes),
         system.mark_of("AdditionalFiles"));
}

void read_scripts(OldMap& system, Node& root, std::string_view key, std::string_view to, Notes& notes) {
  const Node* scripts = system.take(key);
  if (scripts == nullptr) return;
  for (std::size_t i = 0; i < scripts->items.size(); ++i) {
    OldMap old(&scripts->items[i], fmt::format("{}[{}]", system.path_of(key), i), notes);
    Node script = map_node(scripts->items[i].mark);
    old.carry("Path", script, "path", to);
    const Node* arguments = old.take("Args");
    Node list = list_node(script.mark);
    if (arguments != nullptr) {
      for (auto& word : command_line_words(arguments->text)) list.items.push_back(text_node(word, arguments->mark));
      notes.changed(old.mark_of("Args"), old.path_of("Args"), fmt::format("{}.arguments", to),
                    "arguments are a list now");
    }
    add_entry(script, "arguments", std::move(list));
    old.finish();
    append(root, to, std::move(script));
  }
}

/// Numbers were in quotes.
void carry_number(OldMap& old, std::string_view key, Node& to, std::string_view target, std::string_view to_path) {
  old.carry(key, to, target, to_path);
  if (Node* number = find_at(to, target)) number->plain = true;
}

void read_groups(OldMap& system, Node& root, Notes& notes) {
  const Node* groups = system.take("Groups");
  for (std::size_t i = 0; groups != nullptr && i < groups->items.size(); ++i) {
    OldMap old(&groups->items[i], fmt::format("{}[{}]", system.path_of("Groups"), i), notes);
    Node group = map_node(groups->items[i].mark);
    old.carry("Name", group, "name", "os.groups");
    carry_number(old, "GID", group, "gid", "os.groups");
    old.finish();
    append(root, "os.groups", std::move(group));
  }
}

void read_user(const Node& node, const std::string& path, Node& root, Notes& notes) {
  OldMap old(&node, path, notes);
  Node user = map_node(node.mark);
  old.carry("Name", user, "name", "os.users");
  carry_number(old, "UID", user, "uid", "os.users");
  const std::string password = old.text("Password");
  const bool hashed = old.is_true("PasswordHashed");
  if (!password.empty()) {
    Node section = map_node(old.mark_of("Password"));
    add_entry(section, "type", text_node(hashed ? "hashed" : "plain-text", section.mark));
    add_entry(section, "value", text_node(password, section.mark));
    notes.changed(section.mark, old.path_of("Password"), "os.users.password", "a password says what kind it is");
    add_entry(user, "password", std::move(section));
  }
  carry_number(old, "PasswordExpiresDays", user, "passwordExpiresDays", "os.users");
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kKeys{{{"SSHPubKeyPaths", "sshPublicKeyPaths"},
                                                                                {"SSHPubKeys", "sshPublicKeys"},
                                                                                {"PrimaryGroup", "primaryGroup"},
                                                                                {"SecondaryGroups", "secondaryGroups"},
                                                                                {"StartupCommand", "startupCommand"},
                                                                                {"HomeDirectory", "homeDirectory"}}};
  for (const auto& [key, target] : kKeys) old.carry(key, user, target, "os.users");
  old.finish();
  append(root, "os.users", std::move(user));
}

void read_users(OldMap& system, Node& root, Notes& notes) {
  const Node* users = system.take("Users");
  for (std::size_t i = 0; users != nullptr && i < users->items.size(); ++i)
    read_user(users->items[i], fmt::format("{}[{}]", system.path_of("Users"), i), root, notes);
}

/// Switched on by a key of its own, and without a counterpart.
void drop_if_enabled(OldMap& system, std::string_view key, std::string_view why) {
  const Node* node = system.take(key);
  const Node* enable = node == nullptr ? nullptr : node->find("Enable");
  if (enable != nullptr && enable->text == "true")
    system.notes().dropped(system.mark_of(key), system.path_of(key), std::string(why));
}

void drop_what_is_gone(OldMap& system) {
  for (const auto key : {"Name", "IsDefault", "EnableGrubMkconfig", "HidepidDisabled"}) system.ignore(key);
  drop_if_enabled(system, "ReadOnlyVerityRoot",
                  "the hash tree lay in the initramfs; storage.verity needs a partition for it, and os.overlays take "
                  "the place of TmpfsOverlays");
  drop_if_enabled(system, "Encryption", "encrypted partitions are not among what can be made");
  system.drop("EnableHidepid", "mount /proc with hidepid=2 by a unit of your own in additionalFiles");
  system.drop("Networks", "put a file for systemd-networkd into additionalFiles");
  system.drop("PackageRepos", "where packages come from is said by 'distribution', or by --rpm-source");
  system.drop("PreInstallScripts", "there is no installer that could run them");
  system.drop("IsKickStartBoot", "there is no installer");
  system.drop("IsIsoInstall", "there is no installer");
  system.drop("EnableSystemdFirstboot", "enable the unit systemd-firstboot in os.services");
}

}  // namespace

void read_toolkit_system(OldMap& system, Node& root, Notes& notes) {
  if (const Node* name = system.take("Hostname"); name != nullptr && !name->text.empty()) {
    put_at(root, "os.hostname", *name, system.mark_of("Hostname"));
    notes.changed(system.mark_of("Hostname"), system.path_of("Hostname"), "os.hostname", "the key is called so now");
  }
  read_packages(system, root, notes);
  read_kernels(system, root, notes);
  read_command_line(system, root, notes);
  read_files(system, root, notes);
  read_groups(system, root, notes);
  read_users(system, root, notes);
  read_scripts(system, root, "PostInstallScripts", "scripts.postCustomization", notes);
  read_scripts(system, root, "FinalizeImageScripts", "scripts.finalizeCustomization", notes);
  drop_what_is_gone(system);
  system.finish();
}

}  // namespace keelson::recipe
