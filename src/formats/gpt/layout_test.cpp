#include "formats/gpt/layout.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"
#include "formats/gpt/table.h"

namespace keelson::gpt {
namespace {

constexpr Geometry kDisk{.size = mebibytes(10), .block_size = 512};

Entry entry(std::uint32_t slot, std::uint64_t first, std::uint64_t last) {
  Uuid uuid;
  uuid.bytes[15] = static_cast<std::uint8_t>(slot + 1);
  return {.slot = slot,
          .type = parse_uuid("c12a7328-f81f-11d2-ba4b-00a0c93ec93b"),
          .uuid = uuid,
          .first = {first},
          .last = {last}};
}

Table good() {
  return make_table(parse_uuid("12345678-9abc-def0-1122-334455667788"), {entry(0, 2048, 4095), entry(1, 4096, 20446)},
                    kDisk);
}

std::string refusal(const std::function<void(Table&)>& change) {
  Table table = good();
  change(table);
  try {
    check_layout(table.header, table.entries, kDisk);
  } catch (const Error& error) {
    return error.message();
  }
  return "accepted";
}

TEST(GptLayout, AGoodTableIsAccepted) {
  EXPECT_EQ(refusal([](Table&) {}), "accepted");
}

TEST(GptLayout, EveryBrokenPartitionIsNamed) {
  EXPECT_EQ(refusal([](Table& t) { t.entries[1].first = {4095}; }), "cannot use 'GPT': partitions 1 and 2 overlap");
  EXPECT_EQ(refusal([](Table& t) { t.entries[0].last = {2047}; }),
            "cannot use 'GPT': partition 1 ends before it begins");
  EXPECT_EQ(refusal([](Table& t) { t.entries[0].first = {2047}; }),
            "cannot use 'GPT': partition 1 (blocks 2047 to 4095) lies outside the usable blocks 2048 to 20446");
  EXPECT_EQ(refusal([](Table& t) { t.entries[1].last = {~std::uint64_t{0}}; }),
            "cannot use 'GPT': partition 2 (blocks 4096 to 18446744073709551615) lies outside the usable blocks 2048 "
            "to 20446");
  EXPECT_EQ(refusal([](Table& t) { t.entries[1].uuid = t.entries[0].uuid; }),
            "cannot use 'GPT': partitions 1 and 2 have the same UUID");
  EXPECT_EQ(refusal([](Table& t) { t.entries[1].uuid = {}; }), "cannot use 'GPT': partition 2 has no UUID");
}

TEST(GptLayout, AHeaderThatPointsOutsideTheDiskIsRefused) {
  const std::uint64_t huge = ~std::uint64_t{0};
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{20480}, huge, huge - 31}) {
    EXPECT_NE(refusal([=](Table& t) { t.header.my_lba = {value}; }), "accepted") << value;
    EXPECT_NE(refusal([=](Table& t) { t.header.alternate_lba = {value}; }), "accepted") << value;
    EXPECT_NE(refusal([=](Table& t) { t.header.entries_lba = {value}; }), "accepted") << value;
    EXPECT_NE(refusal([=](Table& t) { t.header.first_usable = {value}; }), "accepted") << value;
    EXPECT_NE(refusal([=](Table& t) { t.header.last_usable = {value}; }), "accepted") << value;
  }
}

TEST(GptLayout, PartitionsMayNotUseTheTablesOwnBlocks) {
  EXPECT_NE(refusal([](Table& t) { t.header.first_usable = {33}; }), "accepted");
  EXPECT_NE(refusal([](Table& t) { t.header.last_usable = {20447}; }), "accepted");
  EXPECT_NE(refusal([](Table& t) { t.header.entries_lba = {2017}; }), "accepted");
  EXPECT_EQ(refusal([](Table& t) { t.header.entries_lba = {2016}; }), "accepted");  // its last block is 2047
}

TEST(GptLayout, ADiskThatIsTooSmallOrNotWholeBlocksIsRefused) {
  EXPECT_THROW(check_geometry({.size = {512 * 5}, .block_size = 512}), Error);
  EXPECT_THROW(check_geometry({.size = {mebibytes(10).value + 1}, .block_size = 512}), Error);
  EXPECT_THROW(check_geometry({.size = mebibytes(10), .block_size = 1024}), Error);
  EXPECT_THROW(check_geometry({.size = mebibytes(10), .block_size = 0}), Error);
  EXPECT_THROW(make_table({}, {}, {.size = {512 * 60}, .block_size = 512}), Error);
}

TEST(GptLayout, ABackupThatDiffersIsRefusedWithTheField) {
  const Header primary = good().header;
  Header backup = primary;
  std::swap(backup.my_lba, backup.alternate_lba);
  EXPECT_NO_THROW(check_backup(primary, backup));
  backup.entries_crc32 ^= 1;
  try {
    check_backup(primary, backup);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "cannot use 'GPT': its backup differs in the partition entries");
  }
}

}  // namespace
}  // namespace keelson::gpt
