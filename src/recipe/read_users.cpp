#include <fmt/format.h>

#include <algorithm>
#include <set>

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

Password read_password(const View& view, const Reading& reading) {
  const View value = view.at("value");
  Password password{.type = password_type(view.at("type").text_or("locked")), .value = value.text_or("")};
  if (password.type == PasswordType::Locked) {
    if (!password.value.empty()) {
      reading.rule(value, fmt::format("'{}' must be absent: a locked password has no value", value.path()),
                   "or choose another type");
    }
    return password;
  }
  if (password.value.empty()) {
    reading.rule(view, fmt::format("'{}' needs 'value'", view.path()));
  } else if (password.type == PasswordType::Hashed && !is_password_hash(password.value)) {
    // Never show the value: it may be a password that was put under the wrong type.
    reading.rule(value, fmt::format("'{}' is no password hash", value.path()), "make one with: openssl passwd -6");
  } else if (password.type == PasswordType::PlainTextFile || password.type == PasswordType::HashedFile) {
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

void check_twice(const View& name, std::string_view what, std::set<std::string>& seen, const Reading& reading) {
  const auto text = name.text();
  if (!text || seen.insert(*text).second) return;
  reading.rule(name, fmt::format("{} {} is given twice", what, quote(*text)), "merge the two");
}

void check_id(const View& id, std::string_view what, std::set<std::uint32_t>& seen, const Reading& reading) {
  const auto number = id_of(id);
  if (!number || seen.insert(*number).second) return;
  reading.rule(id, fmt::format("{} {} is given twice", what, *number));
}

}  // namespace

std::vector<Group> read_groups(const View& groups, const Reading& reading) {
  std::vector<Group> result;
  std::set<std::string> names;
  std::set<std::uint32_t> ids;
  for (const auto& view : groups.items()) {
    check_twice(view.at("name"), "group", names, reading);
    check_id(view.at("gid"), "gid", ids, reading);
    result.push_back({.name = view.at("name").text_or(""), .gid = id_of(view.at("gid"))});
  }
  return result;
}

std::vector<User> read_users(const View& users, const Reading& reading) {
  std::vector<User> result;
  std::set<std::string> names;
  std::set<std::uint32_t> ids;
  for (const auto& view : users.items()) {
    check_twice(view.at("name"), "user", names, reading);
    check_id(view.at("uid"), "uid", ids, reading);
    result.push_back(read_user(view, reading));
  }
  return result;
}

}  // namespace keelson::recipe
