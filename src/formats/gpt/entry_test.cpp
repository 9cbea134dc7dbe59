#include "formats/gpt/entry.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "formats/gpt/crc32.h"

namespace keelson::gpt {
namespace {

Entry entry(std::uint32_t slot, std::string label) {
  return {.slot = slot,
          .type = parse_uuid("c12a7328-f81f-11d2-ba4b-00a0c93ec93b"),
          .uuid = parse_uuid("00112233-4455-6677-8899-aabbccddeeff"),
          .first = {2048},
          .last = {4095},
          .attributes = 0x8000000000000001,
          .label = std::move(label)};
}

std::vector<Entry> reparsed(const Bytes& array, std::uint32_t count = kUsualEntries,
                            std::uint32_t size = kUsualEntrySize) {
  return parse_entries(array, {.entry_count = count, .entry_size = size, .entries_crc32 = crc32(array)});
}

TEST(GptEntries, RoundTripWithGapsBetweenSlots) {
  const std::vector<Entry> entries{entry(0, "esp"), entry(5, "root"), entry(127, "")};
  EXPECT_EQ(reparsed(encode_entries(entries)), entries);
}

TEST(GptEntries, LargerEntriesAreReadByTheirOwnSize) {
  const std::vector<Entry> entries{entry(1, "a"), entry(3, "b")};
  const Bytes array = encode_entries(entries, 4, 512);
  EXPECT_EQ(array.size(), 2048u);
  EXPECT_EQ(reparsed(array, 4, 512), entries);
}

TEST(GptEntries, LabelsKeepEveryCharacterThatUtf16CanHold) {
  const std::string label = "Wurzel ß € 𐍈";
  EXPECT_EQ(reparsed(encode_entries(std::vector{entry(0, label)})).at(0).label, label);
}

TEST(GptEntries, ALabelMayFillAll36UnitsAndNotOneMore) {
  EXPECT_EQ(reparsed(encode_entries(std::vector{entry(0, std::string(36, 'x'))})).at(0).label, std::string(36, 'x'));
  EXPECT_THROW(encode_entries(std::vector{entry(0, std::string(37, 'x'))}), Error);
  EXPECT_TRUE(fits_label(std::string(34, 'x') + "𐍈"));
  EXPECT_FALSE(fits_label(std::string(35, 'x') + "𐍈"));  // a character outside the basic plane takes two units
}

TEST(GptEntries, ALabelThatIsNotUtf8IsRefused) {
  for (const std::string bad : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xe2\x82", "\xf4\x90\x80\x80", "\x80"}) {
    EXPECT_FALSE(fits_label(bad)) << to_hex(reinterpret_cast<const std::uint8_t*>(bad.data()), bad.size());
  }
  EXPECT_FALSE(fits_label(std::string(1, '\0')));
}

TEST(GptEntries, ALoneSurrogateOnDiskBecomesTheReplacementCharacter) {
  Bytes array = encode_entries(std::vector{entry(0, "ab")});
  array[56] = std::byte{0x00};
  array[57] = std::byte{0xD8};
  EXPECT_EQ(reparsed(array).at(0).label,
            "\xef\xbf\xbd"
            "b");
}

TEST(GptEntries, AnArrayThatIsNotTheHeadersIsRefused) {
  const Bytes array = encode_entries(std::vector{entry(0, "a")});
  EXPECT_THROW(parse_entries(array, {.entries_crc32 = crc32(array) ^ 1}), Error);
  EXPECT_THROW(parse_entries(ByteView(array).first(array.size() - 1), {.entries_crc32 = crc32(array)}), Error);
}

TEST(GptEntries, ASlotCanBeTakenOnlyOnce) {
  EXPECT_THROW(encode_entries(std::vector{entry(0, "a"), entry(0, "b")}), Error);
  EXPECT_THROW(encode_entries(std::vector{entry(128, "a")}), Error);
}

}  // namespace
}  // namespace keelson::gpt
