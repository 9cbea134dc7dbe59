#include "formats/rpmdb/header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace keelson::rpmdb {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Entry {
  std::uint32_t tag, type, offset, count;
};

Bytes header(const std::vector<Entry>& entries, std::string_view data) {
  ByteWriter writer;
  writer.u32be(static_cast<std::uint32_t>(entries.size()));
  writer.u32be(static_cast<std::uint32_t>(data.size()));
  for (const auto& entry : entries)
    for (const std::uint32_t value : {entry.tag, entry.type, entry.offset, entry.count}) writer.u32be(value);
  writer.text(data);
  return writer.take();
}

using namespace std::string_view_literals;

TEST(RpmHeader, GivesTextsAndNumbersByTheirTags) {
  const Bytes bytes = header({{1000, 6, 0, 1}, {1117, 8, 5, 2}, {1009, 4, 12, 2}, {1004, 9, 0, 1}},
                             "bash\0a\0bcd\0\0\0\0\0\x01\0\0\0\x02"sv);
  const Header parsed(bytes);
  EXPECT_EQ(parsed.text(Tag::Name), "bash");
  EXPECT_EQ(parsed.text(Tag::Summary), "bash");
  EXPECT_THAT(parsed.texts(Tag::BaseNames), ElementsAre("a", "bcd"));
  EXPECT_THAT(parsed.numbers(Tag::Size), ElementsAre(1U, 2U));
}

TEST(RpmHeader, WhatIsNotThereOrOfAnotherTypeIsEmpty) {
  const Bytes bytes = header({{1000, 6, 0, 1}}, "bash\0"sv);
  const Header parsed(bytes);
  EXPECT_EQ(parsed.text(Tag::Version), "");
  EXPECT_THAT(parsed.numbers(Tag::Name), IsEmpty());
  EXPECT_THAT(parsed.bytes(Tag::Name), IsEmpty());
}

TEST(RpmHeader, WhatInstallingAddedStandsForWhatThePackageHad) {
  const Bytes bytes = header({{1000, 6, 0, 1}, {1000, 6, 4, 1}}, "old\0new\0"sv);
  EXPECT_EQ(Header(bytes).text(Tag::Name), "new");
}

TEST(RpmHeader, RefusesEntriesThatLie) {
  const auto refused = [](const std::vector<Entry>& entries) {
    const Bytes bytes = header(entries, "12345678"sv);
    EXPECT_THROW(Header{bytes}, Error) << entries.front().type;
  };
  refused({{1000, 10, 0, 1}});          // no such type
  refused({{1000, 6, 9, 1}});           // behind the end
  refused({{1000, 6, 0, 2}});           // one text is one
  refused({{1000, 4, 2, 1}});           // not aligned
  refused({{1000, 4, 0, 3}});           // more than there is
  refused({{1000, 8, 0, 0xffffffff}});  // more texts than bytes
  refused({{1000, 4, 0, 0}});           // none at all
  refused({{63, 6, 0, 1}});             // a region that is a text
}

TEST(RpmHeader, RefusesATextThatDoesNotEnd) {
  const Bytes bytes = header({{1000, 6, 0, 1}}, "bash"sv);
  EXPECT_THROW(Header(bytes).text(Tag::Name), Error);
}

TEST(RpmHeader, RefusesEveryOtherLength) {
  Bytes bytes = header({{1000, 6, 0, 1}}, "bash\0"sv);
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_THROW(Header{ByteView(bytes).first(length)}, Error) << length;
  bytes.push_back(std::byte{0});
  EXPECT_THROW(Header{bytes}, Error);
}

}  // namespace
}  // namespace keelson::rpmdb
