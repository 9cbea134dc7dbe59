/// One reader for each form of the database; `database.h` has what they promise.
#pragma once

#include <functional>
#include <span>

#include "base/bytes.h"

namespace keelson::rpmdb {

using Take = std::function<void(ByteView)>;

void read_sqlite(std::span<std::byte> content, const Take& take);
void read_ndb(ByteView content, const Take& take);
void read_berkeley(ByteView content, const Take& take);

/// @throws Error(BadInput) "cannot read RPM's database: <why>"
[[noreturn]] void refuse_database(std::string_view why);

/// Counts what is handed out: @throws Error(BadInput) beyond 200,000 packages, or more bytes than the file has.
class Budget {
 public:
  explicit Budget(std::size_t file_size) : bytes_(file_size) {}
  void take(std::size_t size);

 private:
  std::size_t bytes_;
  std::size_t packages_ = 0;
};

}  // namespace keelson::rpmdb
