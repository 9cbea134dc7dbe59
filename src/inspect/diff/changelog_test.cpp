#include "inspect/diff/changelog.h"

#include <gmock/gmock.h>

namespace keelson::inspect {
namespace {

constexpr std::string_view kChangelog =
    "tool (2.0-2) unstable; urgency=high\n\n  * Fix CVE-1.\n  * And more.\n\n -- A B <a@b>  Mon, 01 Jan 2026 00:00:00 "
    "+0000\n\n"
    "tool (2.0-1) unstable; urgency=medium\n\n  * New upstream.\n\n -- A B <a@b>  Mon, 01 Dec 2025 00:00:00 +0000\n\n"
    "tool (1.9-1) unstable; urgency=medium\n\n  * Old.\n\n -- A B <a@b>  Mon, 01 Nov 2025 00:00:00 +0000\n";

std::vector<std::string> versions(std::string_view after, std::string_view upto) {
  std::vector<std::string> found;
  for (const auto& entry : entries_between(kChangelog, after, upto)) found.push_back(entry.version);
  return found;
}

TEST(Changelog, TellsWhatLiesBetween) {
  EXPECT_THAT(versions("1.9-1", "2.0-2"), testing::ElementsAre("2.0-2", "2.0-1"));
  EXPECT_THAT(versions("1.9-1", "2.0-1"), testing::ElementsAre("2.0-1"));
  EXPECT_THAT(versions("2.0-2", "2.0-2"), testing::ElementsAre());
  EXPECT_EQ(entries_between(kChangelog, "2.0-1", "2.0-2").at(0).text, "  * Fix CVE-1.\n  * And more.");
}

TEST(Changelog, OfStrangeTextIsEmptyOrBounded) {
  EXPECT_TRUE(entries_between("no changelog\n", "1", "2").empty());
  std::string many;
  for (int i = 100; i > 0; --i)
    many += "p (" + std::to_string(i) + ") u; x\n  " + std::string(10'000, 'a') + "\n -- x\n";
  const auto entries = entries_between(many, "0", "100");
  EXPECT_EQ(entries.size(), 20U);
  EXPECT_LE(entries[0].text.size(), 4096U);
}

}  // namespace
}  // namespace keelson::inspect
