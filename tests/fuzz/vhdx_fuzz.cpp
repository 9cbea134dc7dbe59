// formats/vhdx: a good file with changes is refused, or is a disk that can be walked and read. A VHDX is at least 3
// MiB, so the input is only what is changed: flags (1: put checksums right, 2: the header names a log), then records of
// place (3 bytes), length (1 byte) and that many bytes.
#include <algorithm>
#include <cstring>

#include "base/sample_disk.h"
#include "disk_exercise.h"
#include "formats/vhdx/disk.h"
#include "formats/vhdx/write.h"

namespace vhdx = keelson::vhdx;

namespace {

constexpr std::uint64_t kLogPlace = 1 << 20;

keelson::Bytes good_file() {
  keelson::MemorySink sink;
  vhdx::write_disk(keelson::SampleDisk(keelson::mebibytes(9), {{5'000'000, 9000}}), sink, {});
  return sink.take();
}

// The file in memory, changed for one run and then as it was.
class Changed {
 public:
  Changed() : good_(good_file()), now_(good_) {}

  void put(std::uint64_t place, const void* bytes, std::size_t size) {
    if (place > now_.size() || size > now_.size() - place) return;
    std::memcpy(now_.data() + place, bytes, size);
    touched_.push_back({place, size});
  }
  void seal(std::uint64_t place, std::size_t size) {
    if (size < 8 || place > now_.size() || size > now_.size() - place) return;
    keelson::ByteWriter sum;
    sum.u32le(vhdx::checksum(keelson::ByteView(now_).subspan(place, size)));
    put(place + 4, sum.view().data(), 4);
  }
  void undo() {
    for (const auto& each : touched_) std::memcpy(now_.data() + each.offset, good_.data() + each.offset, each.length);
    touched_.clear();
  }
  const keelson::Bytes& bytes() const { return now_; }

 private:
  const keelson::Bytes good_;
  keelson::Bytes now_;
  std::vector<keelson::BlockRange> touched_;
};

// Without the copy that MemoryBlocks makes.
class View final : public keelson::BlockSource {
 public:
  explicit View(const keelson::Bytes& bytes) : bytes_(bytes) {}
  keelson::ByteCount size() const override { return {bytes_.size()}; }
  void read(std::uint64_t offset, std::span<std::byte> to) const override {
    if (offset > bytes_.size() || to.size() > bytes_.size() - offset) {
      throw keelson::Error(keelson::ErrorKind::BadInput, "cannot read 'file': past its end");
    }
    std::memcpy(to.data(), bytes_.data() + offset, to.size());
  }
  std::optional<keelson::BlockRange> next_data(std::uint64_t offset) const override {
    if (offset >= bytes_.size()) return std::nullopt;
    return keelson::BlockRange{offset, bytes_.size() - offset};
  }

 private:
  const keelson::Bytes& bytes_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Changed file;
  if (size < 1) return 0;
  if ((data[0] & 2) != 0) {
    vhdx::Header header = vhdx::read_header(View(file.bytes()));
    ++header.sequence;
    header.log.bytes[0] = 1;
    const keelson::Bytes encoded = vhdx::encode_header(header);
    file.put(vhdx::kHeaderPlaces[0], encoded.data(), encoded.size());
  }
  for (std::size_t at = 1; at + 4 <= size;) {
    const std::uint64_t place = data[at] | data[at + 1] << 8 | data[at + 2] << 16;
    const std::size_t length = std::min<std::size_t>(data[at + 3], size - at - 4);
    file.put(place, data + at + 4, length);
    at += 4 + length;
  }
  try {
    if ((data[0] & 1) != 0) {
      for (const auto place : vhdx::kHeaderPlaces) file.seal(place, vhdx::kHeaderSize);
      for (const auto place : vhdx::kRegionTablePlaces) file.seal(place, vhdx::kRegionTableSize);
      file.seal(kLogPlace, keelson::ByteReader(file.bytes(), "file").u32le(kLogPlace + 8));
    }
    const View view(file.bytes());
    keelson::exercise_disk(vhdx::VhdxDisk(view));
  } catch (const keelson::Error&) {
  }
  file.undo();
  return 0;
}
