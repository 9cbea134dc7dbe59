// rpmdb.sqlite: the table Packages has a number and a header blob for each package. SQLite reads it, from memory, as
// its own advice for hostile databases has it: "Defense Against The Dark Arts" (sqlite.org/security.html).
#include <fmt/format.h>
#include <sqlite3.h>

#include <memory>
#include <new>

#include "formats/rpmdb/database.h"
#include "formats/rpmdb/forms.h"

namespace keelson::rpmdb {

namespace {

constexpr int kLongestBlob = 64 * 1024 * 1024;  // a header; the largest in use (a kernel's source) has 8 MB
constexpr int kStepsPerLook = 1000;             // steps of SQLite's machine between two calls of the handler
constexpr int kMostLooks = 20'000;              // 20 million steps: 200,000 packages take 10 steps each
constexpr std::size_t kReadVersion = 19, kWriteVersion = 18;  // in the file's header: 1 is "rollback", 2 is "log"

struct Close {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, Close>;
using Statement = std::unique_ptr<sqlite3_stmt, Close>;

[[noreturn]] void refuse(sqlite3* database) {
  if (sqlite3_errcode(database) == SQLITE_NOMEM) throw std::bad_alloc();
  if (sqlite3_errcode(database) == SQLITE_INTERRUPT) refuse_database("it takes too long, so it is made to");
  refuse_database(fmt::format("SQLite says '{}'", sqlite3_errmsg(database)));
}

void require(int result, sqlite3* database) {
  if (result != SQLITE_OK) refuse(database);
}

void switch_to(sqlite3* database, int what, int value) {
  require(sqlite3_db_config(database, what, value, nullptr), database);
}

void set_limits(sqlite3* database) {
  switch_to(database, SQLITE_DBCONFIG_DEFENSIVE, 1);
  switch_to(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0);
  switch_to(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0);
  switch_to(database, SQLITE_DBCONFIG_ENABLE_VIEW, 0);
  sqlite3_limit(database, SQLITE_LIMIT_LENGTH, kLongestBlob);
  sqlite3_limit(database, SQLITE_LIMIT_SQL_LENGTH, 100'000);
  sqlite3_limit(database, SQLITE_LIMIT_COLUMN, 100);
  sqlite3_limit(database, SQLITE_LIMIT_EXPR_DEPTH, 10);
  sqlite3_limit(database, SQLITE_LIMIT_COMPOUND_SELECT, 3);
  sqlite3_limit(database, SQLITE_LIMIT_VDBE_OP, 25'000);
  sqlite3_limit(database, SQLITE_LIMIT_FUNCTION_ARG, 8);
  sqlite3_limit(database, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(database, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50);
  sqlite3_limit(database, SQLITE_LIMIT_VARIABLE_NUMBER, 10);
  sqlite3_limit(database, SQLITE_LIMIT_TRIGGER_DEPTH, 1);
  sqlite3_limit(database, SQLITE_LIMIT_WORKER_THREADS, 0);
}

Statement prepare(sqlite3* database, const char* text) {
  sqlite3_stmt* statement = nullptr;
  require(sqlite3_prepare_v2(database, text, -1, &statement, nullptr), database);
  return Statement(statement);
}

// A view, or a table that a module makes up, would be a program of the file's author.
void require_plain_table(sqlite3* database) {
  const auto statement = prepare(database,
                                 "SELECT 1 FROM sqlite_schema WHERE name = 'Packages' AND type = 'table'"
                                 " AND rootpage > 0");
  const int step = sqlite3_step(statement.get());
  if (step == SQLITE_DONE) refuse_database("it has no table 'Packages'");
  if (step != SQLITE_ROW) refuse(database);
}

}  // namespace

void read_sqlite(std::span<std::byte> content, const Take& take) {
  if (content.size() <= kReadVersion || !as_text(content).starts_with(std::string_view("SQLite format 3\0", 16)))
    refuse_database("it is no database of SQLite");
  // A log needs shared memory, which a database in memory has not; the log has been looked at before (apply_log).
  content[kWriteVersion] = content[kReadVersion] = std::byte{1};
  sqlite3* opened = nullptr;
  const int result = sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY, nullptr);
  const Database database(opened);
  if (opened == nullptr) throw std::bad_alloc();
  require(result, opened);
  set_limits(opened);
  int looks = 0;
  sqlite3_progress_handler(
      opened, kStepsPerLook, [](void* count) { return ++*static_cast<int*>(count) > kMostLooks ? 1 : 0; }, &looks);
  const auto size = static_cast<sqlite3_int64>(content.size());
  require(sqlite3_deserialize(opened, "main", reinterpret_cast<unsigned char*>(content.data()), size, size,
                              SQLITE_DESERIALIZE_READONLY),
          opened);
  require_plain_table(opened);
  const auto statement = prepare(opened, "SELECT blob FROM Packages ORDER BY hnum");
  Budget budget(content.size());
  for (;;) {
    const int step = sqlite3_step(statement.get());
    if (step == SQLITE_DONE) return;
    if (step != SQLITE_ROW) refuse(opened);
    if (sqlite3_column_type(statement.get(), 0) != SQLITE_BLOB) refuse_database("a package is no blob");
    const auto* blob = static_cast<const std::byte*>(sqlite3_column_blob(statement.get(), 0));
    const auto length = static_cast<std::size_t>(sqlite3_column_bytes(statement.get(), 0));
    if (blob == nullptr) {
      if (sqlite3_errcode(opened) == SQLITE_NOMEM) throw std::bad_alloc();
      refuse_database("a package is empty");
    }
    budget.take(length);
    take({blob, length});
  }
}

}  // namespace keelson::rpmdb
