#include "formats/rpmdb/database.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/error.h"
#include "formats/rpmdb/header.h"
#include "sys/file.h"

namespace keelson::rpmdb {
namespace {

// What the fuzz targets begin with: a package that rpmbuild made, as ndb and Berkeley DB keep it.
std::string sample(const std::string& name) {
  const char* source = std::getenv("KEELSON_SOURCE_DIR");
  return read_file(std::filesystem::path(source == nullptr ? "." : source) / "tests/fuzz/corpus" / name, mebibytes(1));
}

std::vector<std::string> read(Form form, std::string content) {
  std::vector<std::string> blobs;
  read_packages(form, std::as_writable_bytes(std::span(content)),
                [&](ByteView blob) { blobs.emplace_back(as_text(blob)); });
  return blobs;
}

// A database of these statements, as bytes.
std::string sqlite(const std::string& statements) {
  sqlite3* database = nullptr;
  EXPECT_EQ(sqlite3_open(":memory:", &database), SQLITE_OK);
  char* wrong = nullptr;
  EXPECT_EQ(sqlite3_exec(database, statements.c_str(), nullptr, nullptr, &wrong), SQLITE_OK) << wrong;
  sqlite3_int64 size = 0;
  unsigned char* bytes = sqlite3_serialize(database, "main", &size, 0);
  std::string content(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  sqlite3_free(bytes);
  sqlite3_close(database);
  return content;
}

constexpr const char* kTable = "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL);";

TEST(RpmDatabase, SqliteGivesPackagesByTheirNumbers) {
  const auto blobs =
      read(Form::Sqlite, sqlite(std::string(kTable) + "INSERT INTO Packages VALUES (7, x'6262'), (3, x'61')"));
  EXPECT_EQ(blobs, (std::vector<std::string>{"a", "bb"}));
}

TEST(RpmDatabase, SqliteWithAViewInsteadOfTheTableIsRefused) {
  EXPECT_THROW(
      read(Form::Sqlite, sqlite("CREATE VIEW Packages AS WITH RECURSIVE n(hnum, blob) AS (SELECT 1, x'61' UNION"
                                " ALL SELECT hnum + 1, x'61' FROM n) SELECT * FROM n")),
      Error);
  EXPECT_THROW(read(Form::Sqlite, sqlite("CREATE TABLE Name (a)")), Error);
}

TEST(RpmDatabase, SqliteWithMoreThan200000PackagesIsRefused) {
  const std::string fill =
      std::string(kTable) +
      "INSERT INTO Packages WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ";
  const std::string end = ") SELECT i, x'61' FROM n";
  EXPECT_EQ(read(Form::Sqlite, sqlite(fill + "200000" + end)).size(), kMostPackages);
  EXPECT_THROW(read(Form::Sqlite, sqlite(fill + "200001" + end)), Error);
}

TEST(RpmDatabase, NdbAndBerkeleyDbGiveWhatWasPutIn) {
  const std::string package = sample("rpm_header/package");
  EXPECT_EQ(read(Form::Ndb, sample("rpmdb_ndb/package")), std::vector<std::string>{package});
  EXPECT_EQ(read(Form::BerkeleyDb, sample("rpmdb_bdb/package")),
            (std::vector<std::string>{package.substr(0, 1500), "short"}));
}

TEST(RpmDatabase, AChainOfPagesThatReturnsIntoItselfEnds) {
  // It ends where the size is reached; here the last piece would go beyond it.
  EXPECT_THROW(read(Form::BerkeleyDb, sample("rpmdb_bdb/cycle")), Error);
}

TEST(RpmDatabase, OfCutFilesNothingButAnErrorComes) {
  for (const auto& [form, name] :
       {std::pair(Form::Ndb, "rpmdb_ndb/package"), {Form::BerkeleyDb, "rpmdb_bdb/package"}}) {
    const std::string whole = sample(name);
    for (std::size_t length = 0; length + 512 <= whole.size(); length += 61)
      EXPECT_THROW(read(form, whole.substr(0, length)), Error) << name << " " << length;
  }
  EXPECT_THROW(read(Form::Sqlite, ""), Error);
  EXPECT_THROW(read(Form::Sqlite, sqlite(kTable).substr(0, 700)), Error);
}

TEST(RpmDatabase, AnyFlippedByteOfAnNdbBlobIsFound) {
  std::string content = sample("rpmdb_ndb/package");
  for (std::size_t at = 4096; at < content.size(); at += 7) {
    content[at] = static_cast<char>(content[at] ^ 1);
    EXPECT_THROW(read(Form::Ndb, content), Error) << at;
    content[at] = static_cast<char>(content[at] ^ 1);
  }
}

TEST(RpmDatabase, ALogOfAnotherKindChangesNothing) {
  std::string database = sqlite(kTable);
  const std::string before = database;
  EXPECT_EQ(apply_log(database, as_bytes("no log")), 0U);
  EXPECT_EQ(apply_log(database, as_bytes(std::string(4096, '\0'))), 0U);
  EXPECT_EQ(database, before);
}

}  // namespace
}  // namespace keelson::rpmdb
