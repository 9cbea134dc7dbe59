#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "recipe/read_parts.h"
#include "recipe/syntax.h"

namespace keelson::recipe {

namespace {

std::optional<std::uint32_t> id_of(const View& view) {
  const auto number = view.integer();
  if (!number || *number < 0 || *number > 0xffffffffLL) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

PasswordType password_type(const std::string& word) {
  if (word == "plain-text") return PasswordType::PlainText;
  if (word == "plain-text-file") return PasswordType::PlainTextFile;
  if (word == "hashed") return PasswordType::Hashed;
  if (word == "hashed-file") return PasswordType::HashedFile;
  return PasswordType::Locked;
}

/// crypt(5): "$id$…", or '!' and '*' for hashes that no password has.
bool is_password_hash(std::string_view text) {
  const auto fits = [](char c) { return c > ' ' && c < 0x7f && c != ':'; };
  return !text.empty() && std::all_of(text.begin(), text.end(), fits) &&
         (text.front() == '!' || text.front() == '*' ||
          (text.front() == '$' && std::count(text.begin(), text.end(), '$') >= 3));
}

void check_hash(const View& value, const Reading& reading) {
  const std::string text = value.text_or("");
  if (text.empty() || is_password_hash(text)) return;
  // Never show the value: it may be a password that was put under the wrong type.
  const std::string message = fmt::format("'{}' is no password hash", value.path());
  constexpr std::string_view kHint = "make one with: openssl passwd -6";
  if (text.find_first_of(": \t\n") != std::string::npos) {
    reading.rule(value, message, std::string(kHint));  // it would break the fields of shadow(5)
  } else {
    reading.warning(value, message + ", so nobody can log in with it", std::string(kHint));
  }
}

Password read_password(const View& view, const Reading& reading) {
  const View value = view.at("value");
  Password password{.type = password_type(view.at("type").text_or("locked")), .value = value.text_or("")};
  if (password.type == PasswordType::Hashed) check_hash(value, reading);
  if (password.type == PasswordType::PlainTextFile || password.type == PasswordType::HashedFile) {
    password.value = reading.require_file(value).string();
  }
  return password;
}

std::vector<std::string> read_ssh_keys(const View& user, const Reading& reading) {
  std::vector<std::string> keys;
  for (const auto& item : user.at("sshPublicKeyPaths").items()) {
    const auto content = reading.file_text(item);
    if (!content) continue;
    for (const auto line : split(*content, '\n')) {
      const auto key = trim(line);
      if (key.empty() || key.starts_with('#')) continue;
      if (!kLine.matches(key)) {
        reading.resource(item, fmt::format("{} holds control characters", quote(item.text_or(""))));
        break;
      }
      keys.emplace_back(key);
    }
  }
  const auto given = user.at("sshPublicKeys").texts();
  keys.insert(keys.end(), given.begin(), given.end());
  return keys;
}

User read_user(const View& view, const Reading& reading) {
  User user;
  user.name = view.at("name").text_or("");
  user.uid = id_of(view.at("uid"));
  if (view.at("password").given()) user.password = read_password(view.at("password"), reading);
  user.password_expires_days = view.at("passwordExpiresDays").integer();
  user.ssh_public_keys = read_ssh_keys(view, reading);
  user.primary_group = view.at("primaryGroup").text_or("");
  user.secondary_groups = view.at("secondaryGroups").texts();
  user.startup_command = view.at("startupCommand").text_or("");
  user.home_directory = view.at("homeDirectory").text_or("");
  // Both stand in passwd(5), whose fields end at a colon.
  for (const auto* key : {"startupCommand", "homeDirectory"}) {
    const View field = view.at(key);
    if (field.text_or("").find(':') == std::string::npos) continue;
    reading.rule(field, fmt::format("'{}' must not hold a colon", field.path()));
  }
  return user;
}

template <typename T>
void take(T& old, T&& value) {
  if (!(value == T{})) old = std::forward<T>(value);
}

/// What a later entry says about a user that an earlier one has.
void merge_user(User& old, User user) {
  take(old.uid, std::move(user.uid));
  if (user.password) old.password = std::move(user.password);
  take(old.password_expires_days, std::move(user.password_expires_days));
  take(old.primary_group, std::move(user.primary_group));
  take(old.startup_command, std::move(user.startup_command));
  take(old.home_directory, std::move(user.home_directory));
  for (auto& key : user.ssh_public_keys) old.ssh_public_keys.push_back(std::move(key));
  for (auto& group : user.secondary_groups) old.secondary_groups.push_back(std::move(group));
}

/// An account of a name that was there before: allowed, but in one file hardly meant.
void warn_twice(const View& view, std::string_view what, int other_source, const Reading& reading) {
  if (view.mark().source != other_source) return;
  reading.warning(view.at("name"), fmt::format("{} {} is given twice", what, quote(view.at("name").text_or(""))),
                  "merge the two");
}

/// Ids belong to one name each.
class IdsOnce {
 public:
  IdsOnce(std::string_view what, const Reading& reading) : what_(what), reading_(reading) {}
  void check(const View& id, const std::string& name) {
    const auto number = id_of(id);
    if (!number) return;
    const auto [at, is_new] = names_.try_emplace(*number, name);
    if (is_new || at->second == name) return;
    reading_.rule(id, fmt::format("{} {} is given twice", what_, *number),
                  fmt::format("{} has it too", quote(at->second)));
  }

 private:
  std::string_view what_;
  const Reading& reading_;
  std::map<std::uint32_t, std::string> names_;
};

}  // namespace

std::vector<Group> read_groups(const View& groups, const Reading& reading) {
  std::vector<Group> result;
  std::map<std::string, std::pair<std::size_t, int>> seen;
  IdsOnce ids("gid", reading);
  for (const auto& view : groups.items()) {
    Group group{.name = view.at("name").text_or(""), .gid = id_of(view.at("gid"))};
    ids.check(view.at("gid"), group.name);
    const auto [at, is_new] = seen.try_emplace(group.name, result.size(), view.mark().source);
    if (is_new || group.name.empty()) {
      result.push_back(std::move(group));
      continue;
    }
    if (group.gid && result[at->second.first].gid != group.gid) {
      reading.rule(view.at("gid"), fmt::format("group {} has another gid already", quote(group.name)),
                   "a gid can't be changed");
    }
    warn_twice(view, "group", at->second.second, reading);
  }
  return result;
}

std::vector<User> read_users(const View& users, const Reading& reading) {
  std::vector<User> result;
  std::map<std::string, std::pair<std::size_t, int>> seen;
  IdsOnce ids("uid", reading);
  for (const auto& view : users.items()) {
    User user = read_user(view, reading);
    ids.check(view.at("uid"), user.name);
    const auto [at, is_new] = seen.try_emplace(user.name, result.size(), view.mark().source);
    if (is_new || user.name.empty()) {
      result.push_back(std::move(user));
      continue;
    }
    warn_twice(view, "user", at->second.second, reading);
    merge_user(result[at->second.first], std::move(user));
  }
  return result;
}

}  // namespace keelson::recipe
