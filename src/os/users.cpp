#include "os/users.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "os/password.h"
#include "os/tree.h"

namespace keelson::os {

namespace {

constexpr std::int64_t kSecondsPerDay = 86400;

struct Owner {
  uid_t uid;
  gid_t gid;
};

void check_absolute(std::string_view what, const std::string& path) {
  check_account_field(what, path);
  if (!path.starts_with('/')) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot use '{}' as a {}: it is no absolute path", path, what));
  }
}

/// Copies /etc/skel's entries; what is already in the home folder stays.
void copy_skeleton(const RootDir& root, const std::string& from, const std::string& to, const Owner& owner) {
  for (const auto& name : root.list(from)) {
    const std::string source = fmt::format("{}/{}", from, name);
    const std::string target = fmt::format("{}/{}", to, name);
    const auto status = root.status(source);
    if (!status || root.status(target)) continue;
    if (S_ISDIR(status->st_mode)) {
      root.make_folders(target, status->st_mode & 0777, owner.uid, owner.gid);
      copy_skeleton(root, source, target, owner);
    } else if (S_ISREG(status->st_mode)) {
      root.write(target, root.read(source), status->st_mode & 0777, owner.uid, owner.gid);
    } else if (S_ISLNK(status->st_mode)) {
      root.link(root.read_link(source), target);
      const auto [folder, last] = root.open_parent(target);
      if (::fchownat(folder.get(), last.c_str(), owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW) != 0) {
        throw system_error("change the owner of", target, errno);
      }
    }
  }
}

void make_home(const RootDir& root, const PasswdEntry& user) {
  if (root.exists(user.home)) return;  // a folder that a package or another user owns is not taken over
  root.make_folders(parent_of(user.home));
  root.make_folders(user.home, 0700, user.uid, user.gid);
  copy_skeleton(root, "/etc/skel", user.home, {user.uid, user.gid});
}

void add_ssh_keys(const RootDir& root, const PasswdEntry& user, const std::vector<std::string>& keys) {
  const std::string folder = user.home + "/.ssh";
  const std::string path = folder + "/authorized_keys";
  root.make_folders(user.home, 0700, user.uid, user.gid);
  root.make_folders(folder, 0700, user.uid, user.gid);
  std::string content = root.find_text(path).value_or("");
  if (!content.empty() && !content.ends_with('\n')) content += '\n';
  const auto present = [&](std::string_view key) {
    const auto lines = split(content, '\n');
    return std::any_of(lines.begin(), lines.end(), [&](std::string_view line) { return trim(line) == key; });
  };
  for (const auto& text : keys) {
    for (const auto line : split(text, '\n')) {  // a key file may hold several
      const auto key = trim(line);
      if (!key.empty() && !present(key)) content += std::string(key) + "\n";
    }
  }
  root.write(path, content, 0600, user.uid, user.gid);
}

std::uint32_t primary_group(const recipe::User& user, Accounts& accounts, std::uint32_t uid) {
  if (!user.primary_group.empty()) return accounts.require_group(user.primary_group).gid;
  if (const auto* group = accounts.group.find(user.name)) return group->gid;
  return accounts.add_group(user.name, std::nullopt, uid).gid;
}

void create_user(const recipe::User& user, Accounts& accounts, const RootDir& root) {
  check_account_name("user", user.name);
  PasswdEntry entry{.name = user.name};
  entry.uid = accounts.allocate_uid(user.name, user.uid);
  entry.gid = primary_group(user, accounts, entry.uid);
  entry.home = user.home_directory.empty() ? "/home/" + user.name : user.home_directory;
  check_absolute("home folder", entry.home);
  entry.shell = root.exists("/bin/bash") ? "/bin/bash" : "/bin/sh";
  make_home(root, accounts.passwd.add(std::move(entry)));
}

void refuse_for_existing(const recipe::User& user, const PasswdEntry& existing) {
  if (user.uid) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot set the uid of user '{}': it exists with uid {}", user.name, existing.uid),
                "leave 'uid' out");
  }
  if (!user.home_directory.empty()) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot set the home folder of user '{}': it exists with '{}'", user.name, existing.home),
                "leave 'homeDirectory' out");
  }
}

void set_password(const recipe::User& user, Accounts& accounts, const UserOptions& options) {
  auto* shadow = accounts.shadow.find(user.name);
  const bool is_new = shadow == nullptr;
  const std::int64_t today = options.epoch / kSecondsPerDay;
  if (is_new)
    shadow = &accounts.shadow.add({.name = user.name, .hash = std::string(kLockedPassword), .last_change = today});
  if (user.password) {
    shadow->hash = shadow_hash(*user.password, options.seed, user.name);
    shadow->last_change = today;
    accounts.passwd.find(user.name)->password = "x";
  }
  if (!user.password_expires_days) return;
  if (*user.password_expires_days < -1 || *user.password_expires_days > 99999) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot set 'passwordExpiresDays' of user '{}' to {}: it is not -1 to 99999", user.name,
                            *user.password_expires_days));
  }
  shadow->maximum = *user.password_expires_days == -1 ? "" : std::to_string(*user.password_expires_days);
  if (*user.password_expires_days == -1) shadow->expires.clear();
}

void apply_user(const recipe::User& user, Accounts& accounts, const RootDir& root, const UserOptions& options,
                Reporter& reporter) {
  if (const auto* existing = accounts.passwd.find(user.name)) {
    refuse_for_existing(user, *existing);
    if (!user.primary_group.empty()) {
      accounts.passwd.find(user.name)->gid = accounts.require_group(user.primary_group).gid;
    }
  } else {
    create_user(user, accounts, root);
  }
  set_password(user, accounts, options);
  for (const auto& group : user.secondary_groups) accounts.join_group(user.name, group);
  if (!user.startup_command.empty()) {
    check_absolute("startup command", user.startup_command);
    accounts.passwd.find(user.name)->shell = user.startup_command;
    if (!root.exists(user.startup_command)) {
      reporter.warn(
          fmt::format("the startup command '{}' of user '{}' is not in the image", user.startup_command, user.name));
    }
  }
  if (!user.ssh_public_keys.empty()) add_ssh_keys(root, *accounts.passwd.find(user.name), user.ssh_public_keys);
}

}  // namespace

void apply_users(std::span<const recipe::User> users, Accounts& accounts, const RootDir& root,
                 const UserOptions& options, Reporter& reporter) {
  for (std::size_t i = 0; i < users.size(); ++i) {
    with_context(fmt::format("setting up user 'os.users[{}]' ({})", i, users[i].name),
                 [&] { apply_user(users[i], accounts, root, options, reporter); });
  }
}

}  // namespace keelson::os
