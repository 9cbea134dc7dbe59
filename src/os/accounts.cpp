#include "os/accounts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "os/tree.h"

namespace keelson::os {

namespace {

constexpr std::uint32_t kFirstId = 1000;  // UID_MIN and GID_MIN of Debian's and Azure Linux's login.defs
constexpr std::uint32_t kLastId = 60000;

template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string> members_of(std::string_view text) {
  std::vector<std::string> members;
  for (const auto member : split(text, ',')) {
    if (!member.empty()) members.emplace_back(member);
  }
  return members;
}

std::uint32_t lowest_free(const std::set<std::uint32_t>& taken, std::string_view kind, std::string_view name) {
  for (std::uint32_t id = kFirstId; id <= kLastId; ++id) {
    if (!taken.contains(id)) return id;
  }
  throw Error(ErrorKind::BadInput,
              fmt::format("cannot add {} '{}': every id from {} to {} is taken", kind, name, kFirstId, kLastId));
}

[[noreturn]] void refuse_taken(std::string_view kind, std::string_view name, std::uint32_t id) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot add {} '{}': id {} is taken", kind, name, id),
              "choose another id, or leave it out and the lowest free one is used");
}

bool add_member(std::vector<std::string>& members, std::string_view user) {
  if (std::find(members.begin(), members.end(), user) != members.end()) return false;
  members.emplace_back(user);
  return true;
}

}  // namespace

std::optional<PasswdEntry> PasswdEntry::parse(const std::vector<std::string_view>& fields) {
  if (fields.size() != 7) return std::nullopt;
  const auto uid = number<std::uint32_t>(fields[2]);
  const auto gid = number<std::uint32_t>(fields[3]);
  if (!uid || !gid) return std::nullopt;
  return PasswdEntry{std::string(fields[0]), std::string(fields[1]), *uid, *gid, std::string(fields[4]),
                     std::string(fields[5]), std::string(fields[6])};
}

std::string PasswdEntry::text() const {
  return fmt::format("{}:{}:{}:{}:{}:{}:{}", name, password, uid, gid, gecos, home, shell);
}

std::optional<ShadowEntry> ShadowEntry::parse(const std::vector<std::string_view>& f) {
  if (f.size() != 9) return std::nullopt;
  const auto last_change = number<std::int64_t>(f[2]);
  if (!last_change && !f[2].empty()) return std::nullopt;
  return ShadowEntry{std::string(f[0]), std::string(f[1]), last_change,       std::string(f[3]), std::string(f[4]),
                     std::string(f[5]), std::string(f[6]), std::string(f[7]), std::string(f[8])};
}

std::string ShadowEntry::text() const {
  return fmt::format("{}:{}:{}:{}:{}:{}:{}:{}:{}", name, hash, last_change ? std::to_string(*last_change) : "", minimum,
                     maximum, warning, inactive, expires, reserved);
}

std::optional<GroupEntry> GroupEntry::parse(const std::vector<std::string_view>& fields) {
  if (fields.size() != 4) return std::nullopt;
  const auto gid = number<std::uint32_t>(fields[2]);
  if (!gid) return std::nullopt;
  return GroupEntry{std::string(fields[0]), std::string(fields[1]), *gid, members_of(fields[3])};
}

std::string GroupEntry::text() const {
  return fmt::format("{}:{}:{}:{}", name, password, gid, fmt::join(members, ","));
}

std::optional<GshadowEntry> GshadowEntry::parse(const std::vector<std::string_view>& fields) {
  if (fields.size() != 4) return std::nullopt;
  return GshadowEntry{std::string(fields[0]), std::string(fields[1]), std::string(fields[2]), members_of(fields[3])};
}

std::string GshadowEntry::text() const {
  return fmt::format("{}:{}:{}:{}", name, password, administrators, fmt::join(members, ","));
}

template <typename Entry>
AccountTable<Entry>::AccountTable(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.empty()) return;
  for (const auto line : split(text, '\n')) {
    auto entry = Entry::parse(split(line, ':'));
    // An entry that would not come out as it went in (a doubled comma, a "+" number) stays text: nothing is lost.
    if (entry && !entry->name.empty() && entry->text() == line) {
      lines_.emplace_back(*std::move(entry));
    } else {
      lines_.emplace_back(std::string(line));
    }
  }
}

template <typename Entry>
Entry* AccountTable<Entry>::find(std::string_view name) {
  for (auto& line : lines_) {
    auto* entry = std::get_if<Entry>(&line);
    if (entry != nullptr && entry->name == name) return entry;
  }
  return nullptr;
}

template <typename Entry>
Entry& AccountTable<Entry>::add(Entry entry) {
  return std::get<Entry>(lines_.emplace_back(std::move(entry)));
}

template <typename Entry>
std::string AccountTable<Entry>::text() const {
  std::string text;
  for (const auto& line : lines_) {
    const auto* entry = std::get_if<Entry>(&line);
    text += entry != nullptr ? entry->text() : std::get<std::string>(line);
    text += '\n';
  }
  return text;
}

template class AccountTable<PasswdEntry>;
template class AccountTable<ShadowEntry>;
template class AccountTable<GroupEntry>;
template class AccountTable<GshadowEntry>;

GroupEntry& Accounts::add_group(std::string_view name, std::optional<std::uint32_t> gid,
                                std::optional<std::uint32_t> preferred) {
  check_account_name("group", name);
  if (group.find(name) != nullptr) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot add group '{}': it exists", name));
  }
  std::set<std::uint32_t> taken;
  group.for_each([&](const GroupEntry& entry) { taken.insert(entry.gid); });
  if (gid && taken.contains(*gid)) refuse_taken("group", name, *gid);
  if (!gid && preferred && !taken.contains(*preferred)) gid = preferred;
  if (!gid) gid = lowest_free(taken, "group", name);
  if (gshadow.find(name) == nullptr) gshadow.add({.name = std::string(name)});
  return group.add({.name = std::string(name), .gid = *gid});
}

std::uint32_t Accounts::allocate_uid(std::string_view name, std::optional<std::uint32_t> wanted) {
  std::set<std::uint32_t> taken;
  passwd.for_each([&](const PasswdEntry& entry) { taken.insert(entry.uid); });
  if (wanted && taken.contains(*wanted)) refuse_taken("user", name, *wanted);
  return wanted ? *wanted : lowest_free(taken, "user", name);
}

GroupEntry& Accounts::require_group(std::string_view name) {
  if (auto* found = group.find(name)) return *found;
  std::vector<std::string> names;
  group.for_each([&](const GroupEntry& entry) { names.push_back(entry.name); });
  std::string hint = did_you_mean(name, names);
  if (hint.empty()) hint = "a group must come with a package or be listed in 'os.groups'";
  throw Error(ErrorKind::BadInput, fmt::format("cannot use group '{}': it is not in the image", name), hint);
}

void Accounts::join_group(std::string_view user, std::string_view group_name) {
  add_member(require_group(group_name).members, user);
  if (auto* shadowed = gshadow.find(group_name)) add_member(shadowed->members, user);
}

void check_account_name(std::string_view kind, std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  };
  const bool starts_well =
      !name.empty() && allowed(name[0]) && name[0] != '-' && name[0] != '.' && !(name[0] >= '0' && name[0] <= '9');
  if (starts_well && name.size() <= 32 && std::all_of(name.begin(), name.end(), allowed)) return;
  throw Error(ErrorKind::BadInput,
              fmt::format("cannot use '{}' as the name of a {}: it is no account name", name, kind),
              "at most 32 letters, digits, '_', '-' and '.', starting with a letter or '_'");
}

void check_account_field(std::string_view what, std::string_view value) {
  const bool safe =
      std::all_of(value.begin(), value.end(), [](char c) { return c != ':' && c != '\n' && c != '\r' && c != '\0'; });
  if (safe) return;
  throw Error(ErrorKind::BadInput, fmt::format("cannot use this {}: it holds a colon or a line break", what));
}

Accounts read_accounts(const RootDir& root) {
  const auto text = [&](std::string_view path) { return root.find_text(path).value_or(""); };
  return {AccountTable<PasswdEntry>(text(PasswdEntry::kFile)), AccountTable<ShadowEntry>(text(ShadowEntry::kFile)),
          AccountTable<GroupEntry>(text(GroupEntry::kFile)), AccountTable<GshadowEntry>(text(GshadowEntry::kFile))};
}

void write_accounts(const RootDir& root, const Accounts& accounts) {
  const auto* shadow_group = accounts.group.find("shadow");
  const NewFile secret{.mode = 0640, .gid = shadow_group != nullptr ? shadow_group->gid : 0};
  const auto write = [&](std::string_view path, const std::string& text, const NewFile& otherwise) {
    const auto before = root.find_text(path);
    if (before ? *before == text : text.empty()) return;
    rewrite_file(root, path, text, otherwise);
  };
  write(PasswdEntry::kFile, accounts.passwd.text(), {});
  write(ShadowEntry::kFile, accounts.shadow.text(), secret);
  write(GroupEntry::kFile, accounts.group.text(), {});
  write(GshadowEntry::kFile, accounts.gshadow.text(), secret);
}

}  // namespace keelson::os
