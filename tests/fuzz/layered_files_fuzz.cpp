// formats/tar, formats/compressed and formats/oci: any two tars, compressed or not, laid over one another are refused
// or give a tree that keeps its promises, and every walk ends.
#include <algorithm>
#include <cstdlib>

#include "file_system_walk.h"
#include "formats/compressed/stream.h"
#include "formats/oci/layered_files.h"

namespace {

constexpr std::size_t kMost = 4u << 20;  // unpacked: enough for a corpus, and quick

keelson::Bytes unpack(keelson::ByteView packed) {
  keelson::Bytes out;
  const keelson::MemoryBlocks blocks(keelson::Bytes(packed.begin(), packed.end()));
  keelson::compressed::decompress(blocks, keelson::compressed::recognise(packed), [&](keelson::ByteView piece) {
    if (out.size() + piece.size() > kMost)
      throw keelson::Error(keelson::ErrorKind::BadInput, "cannot unpack 'it': large");
    out.insert(out.end(), piece.begin(), piece.end());
  });
  return out;
}

}  // namespace

// The first four bytes say where the second layer begins.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const keelson::ByteView bytes{reinterpret_cast<const std::byte*>(data), size};
  const keelson::ByteView rest = bytes.subspan(4);
  const std::size_t cut = std::min<std::size_t>(rest.size(), keelson::ByteReader(bytes, "layers").u32le(0));
  try {
    const keelson::MemoryBlocks lower(unpack(rest.first(cut))), upper(unpack(rest.subspan(cut)));
    keelson::oci::LayeredFiles files;
    files.add_layer(lower, keelson::oci::Whiteouts::Apply);
    files.add_layer(upper, keelson::oci::Whiteouts::Apply);
    keelson::fuzz::Walk(files).run();
  } catch (const keelson::Error& error) {
    if (error.kind() != keelson::ErrorKind::BadInput) std::abort();
  }
  return 0;
}
