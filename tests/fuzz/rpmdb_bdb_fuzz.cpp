// formats/rpmdb: whatever the file says, blobs are no larger than it together.
#include <cstdlib>

#include "base/error.h"
#include "formats/rpmdb/database.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const keelson::ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  keelson::Bytes content(bytes.begin(), bytes.end());
  std::size_t taken = 0;
  try {
    keelson::rpmdb::read_packages(keelson::rpmdb::Form::BerkeleyDb, content,
                                  [&](keelson::ByteView blob) { taken += blob.size(); });
  } catch (const keelson::Error&) {
  }
  if (taken > size) std::abort();
  return 0;
}
