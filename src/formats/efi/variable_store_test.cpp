#include "formats/efi/variable_store.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "base/guid.h"
#include "formats/efi/names.h"

namespace keelson::efi {
namespace {

constexpr std::size_t kVolumeSize = 4096;
constexpr std::uint32_t kStoreSize = 1024;

// An empty store as a firmware's build leaves it: erased flash is all ones.
Bytes empty_volume() {
  ByteWriter writer;
  writer.zeros(16);
  write_guid(writer, parse_uuid("fff12b8d-7696-4c8b-a985-2747075b4f50"));
  writer.u64le(kVolumeSize);
  writer.text("_FVH");
  writer.u32le(0x0004feff);
  writer.u16le(72);
  writer.zeros(72 - 50);
  write_guid(writer, parse_uuid("aaf32c78-947b-439a-a180-2e144ec37792"));
  writer.u32le(kStoreSize);
  writer.u8(0x5a);
  writer.u8(0xfe);
  writer.zeros(6);
  Bytes bytes = writer.take();
  bytes.resize(kVolumeSize, std::byte{0xff});
  return bytes;
}

Variable sample(const std::string& name, std::string_view data) {
  return {.name = name,
          .vendor = parse_uuid(kGlobalVendor),
          .attributes = kKeyAttributes,
          .time = time_of(1'700'000'000),
          .data = Bytes(as_bytes(data).begin(), as_bytes(data).end())};
}

TEST(VariableStore, WhatIsAddedIsReadBack) {
  EXPECT_TRUE(parse_variables(empty_volume(), "vars").empty());
  const std::vector<Variable> added{sample("PK", "one"), sample("KEK", "second")};
  const Bytes image = add_variables(empty_volume(), "vars", added);
  EXPECT_EQ(image.size(), kVolumeSize);
  const auto read = parse_variables(image, "vars");
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0].name, "PK");
  EXPECT_EQ(read[0].time, added[0].time);
  EXPECT_EQ(read[0].attributes, kKeyAttributes);
  EXPECT_EQ(read[0].vendor, parse_uuid(kGlobalVendor));
  EXPECT_EQ(as_text(read[1].data), "second");
}

TEST(VariableStore, ANewValueReplacesTheOldOne) {
  const Bytes image = add_variables(empty_volume(), "vars", std::vector{sample("PK", "old"), sample("KEK", "kept")});
  const auto read = parse_variables(add_variables(image, "vars", std::vector{sample("PK", "new")}), "vars");
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(as_text(read[0].data), "kept");
  EXPECT_EQ(as_text(read[1].data), "new");
}

TEST(VariableStore, WhatDoesNotFitIsRefused) {
  EXPECT_THROW(add_variables(empty_volume(), "vars", std::vector{sample("PK", std::string(kStoreSize, 'x'))}), Error);
  EXPECT_NO_THROW(add_variables(empty_volume(), "vars", std::vector{sample("PK", std::string(900, 'x'))}));
}

TEST(VariableStore, OtherBytesAreRefused) {
  EXPECT_THROW(parse_variables({}, "vars"), Error);
  EXPECT_THROW(parse_variables(Bytes(kVolumeSize), "vars"), Error);
  const auto refused = [](std::size_t offset, std::uint8_t value) {
    Bytes image = add_variables(empty_volume(), "vars", std::vector{sample("PK", "one")});
    image[offset] = std::byte{value};
    EXPECT_THROW(parse_variables(image, "vars"), Error) << offset;
  };
  refused(16, 0);           // another kind of volume
  refused(49, 0xff);        // a header longer than the volume
  refused(72, 0);           // another kind of store
  refused(72 + 19, 0xff);   // a store longer than the volume
  refused(72 + 20, 0xff);   // not formatted
  refused(100 + 39, 0xff);  // a name longer than the store
  refused(100 + 42, 0xff);  // data longer than the store
}

}  // namespace
}  // namespace keelson::efi
