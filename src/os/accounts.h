/// The account files of an image (passwd, shadow, group, gshadow) as typed tables that keep what they do not
/// understand: order, comments and odd lines come out as they went in. Pure text: reading and writing the tree are
/// the two functions at the end.
/// Source: passwd(5), shadow(5), group(5), gshadow(5).
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sys/root_dir.h"

namespace keelson::os {

struct PasswdEntry {
  static constexpr std::string_view kFile = "/etc/passwd";
  std::string name;
  std::string password = "x";  ///< "x": see shadow
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string gecos;
  std::string home;
  std::string shell;

  static std::optional<PasswdEntry> parse(const std::vector<std::string_view>& fields);
  std::string text() const;
};

/// Dates are days since 1970-01-01; the fields after `last_change` are kept as text because most are empty.
struct ShadowEntry {
  static constexpr std::string_view kFile = "/etc/shadow";
  std::string name;
  std::string hash = "*";  ///< "*" or "!…": no password opens this account
  std::optional<std::int64_t> last_change;
  std::string minimum = "0";
  std::string maximum = "99999";  ///< days until it must be changed; "": never
  std::string warning = "7";
  std::string inactive;
  std::string expires;
  std::string reserved;

  static std::optional<ShadowEntry> parse(const std::vector<std::string_view>& fields);
  std::string text() const;
};

struct GroupEntry {
  static constexpr std::string_view kFile = "/etc/group";
  std::string name;
  std::string password = "x";
  std::uint32_t gid = 0;
  std::vector<std::string> members;

  static std::optional<GroupEntry> parse(const std::vector<std::string_view>& fields);
  std::string text() const;
};

struct GshadowEntry {
  static constexpr std::string_view kFile = "/etc/gshadow";
  std::string name;
  std::string password = "!";
  std::string administrators;
  std::vector<std::string> members;

  static std::optional<GshadowEntry> parse(const std::vector<std::string_view>& fields);
  std::string text() const;
};

/// Lines of one account file: an entry where the line is one, its text where it is not.
template <typename Entry>
class AccountTable {
 public:
  AccountTable() = default;
  explicit AccountTable(std::string_view text);
  /// The first entry of that name (the one that the C library uses), or nullptr. Valid until the next add().
  Entry* find(std::string_view name);
  const Entry* find(std::string_view name) const { return const_cast<AccountTable*>(this)->find(name); }
  Entry& add(Entry entry);
  template <typename Visit>
  void for_each(Visit&& visit) {
    for (auto& line : lines_) {
      if (auto* entry = std::get_if<Entry>(&line)) visit(*entry);
    }
  }
  std::string text() const;

 private:
  std::vector<std::variant<std::string, Entry>> lines_;
};

extern template class AccountTable<PasswdEntry>;
extern template class AccountTable<ShadowEntry>;
extern template class AccountTable<GroupEntry>;
extern template class AccountTable<GshadowEntry>;

struct Accounts {
  AccountTable<PasswdEntry> passwd;
  AccountTable<ShadowEntry> shadow;
  AccountTable<GroupEntry> group;
  AccountTable<GshadowEntry> gshadow;

  /// Adds a group (and its gshadow line). Without `gid`: `preferred` if it is free, else the lowest free from 1000.
  /// @throws Error(BadInput) if the name is no account name or exists, or the gid is taken.
  GroupEntry& add_group(std::string_view name, std::optional<std::uint32_t> gid,
                        std::optional<std::uint32_t> preferred = std::nullopt);
  /// `wanted` if it is given and free; else the lowest free user id from 1000 to 60000.
  std::uint32_t allocate_uid(std::string_view name, std::optional<std::uint32_t> wanted);
  /// Makes `user` a member of an existing group; nothing changes when it is one. @throws Error(BadInput), with
  /// "did you mean", if there is no such group.
  void join_group(std::string_view user, std::string_view group_name);
  /// The group, or Error(BadInput) with "did you mean".
  GroupEntry& require_group(std::string_view name);
};

/// Refuses a name that useradd(8) would: [a-z_][a-z0-9_.-]*, at most 32 characters. @throws Error(BadInput).
void check_account_name(std::string_view kind, std::string_view name);

/// Refuses a field that would break its line (colon, line feed, NUL). @throws Error(BadInput).
void check_account_field(std::string_view what, std::string_view value);

/// A file that is missing is an empty table.
Accounts read_accounts(const RootDir& root);

/// Writes all four files; those that exist keep owner and mode, new ones get 0644, or 0640 with group `shadow`.
void write_accounts(const RootDir& root, const Accounts& accounts);

}  // namespace keelson::os
