#include "formats/rpmdb/database.h"

#include <fmt/format.h>

#include "base/error.h"
#include "formats/rpmdb/forms.h"

namespace keelson::rpmdb {

std::string_view name_of(Form form) {
  switch (form) {
    case Form::Sqlite:
      return "SQLite";
    case Form::Ndb:
      return "ndb";
    case Form::BerkeleyDb:
      return "Berkeley DB";
  }
  return "";
}

void refuse_database(std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read RPM's database: {}", why));
}

void Budget::take(std::size_t size) {
  if (size > bytes_) refuse_database("its packages are larger than the file that holds them");
  bytes_ -= size;
  if (++packages_ > kMostPackages) refuse_database("it has more than 200,000 packages");
}

void read_packages(Form form, std::span<std::byte> content, const std::function<void(ByteView)>& take) {
  switch (form) {
    case Form::Sqlite:
      return read_sqlite(content, take);
    case Form::Ndb:
      return read_ndb(content, take);
    case Form::BerkeleyDb:
      return read_berkeley(content, take);
  }
}

}  // namespace keelson::rpmdb
