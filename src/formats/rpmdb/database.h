/// The database of installed packages that RPM keeps, in any of its three forms: `rpmdb.sqlite` (SQLite), `Packages.db`
/// (ndb, RPM's own) and `Packages` (a hash table of Berkeley DB).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/units.h"

namespace keelson::rpmdb {

enum class Form { Sqlite, Ndb, BerkeleyDb };

/// "SQLite", "ndb", "Berkeley DB"
std::string_view name_of(Form form);

/// More packages, or a larger file, are not read: Fedora has 70,000 packages; a large server's file has 300 MB.
constexpr std::uint64_t kMostPackages = 200'000;
constexpr ByteCount kLargestDatabase = gibibytes(1);

/// Calls `take` with each package's header blob (header.h), in the order of their numbers where the form keeps one. A
/// blob is valid during the call only. Together they are at most as large as the file: pages used twice are refused.
/// @param content the whole file, untrusted; it may be changed (SQLite's log mode is taken out of it).
/// @throws Error(BadInput) for what is damaged, another form, or has more than 200,000 packages; what was taken before
/// stays taken. Whatever `take` throws.
void read_packages(Form form, std::span<std::byte> content, const std::function<void(ByteView)>& take);

/// Brings what SQLite's write-ahead log (`rpmdb.sqlite-wal`) holds into the database that it belongs to: what was
/// committed, as the log's checksums tell, and nothing behind the first frame that is damaged.
/// Source: "WAL-mode File Format" (sqlite.org/walformat.html). @return how many pages were changed; 0 for a log of
/// another database's form. Untrusted; never throws for what a log says.
std::size_t apply_log(std::string& database, ByteView log);

}  // namespace keelson::rpmdb
