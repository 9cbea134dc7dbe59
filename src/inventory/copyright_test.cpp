#include "inventory/copyright.h"

#include <gmock/gmock.h>

#include "inventory/license_synopsis.h"

namespace keelson::inventory {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

constexpr std::string_view kHeader = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n";

std::string synopsis(std::string_view text) {
  return translate_synopsis(text, [](std::string_view name) { return "<" + std::string(name) + ">"; });
}

TEST(LicenseSynopsis, FollowsTheSyntax) {
  EXPECT_EQ(synopsis("GPL-2+"), "GPL-2.0-or-later");
  EXPECT_EQ(synopsis("GPL-2+ or Artistic-2.0"), "GPL-2.0-or-later OR Artistic-2.0");
  EXPECT_EQ(synopsis("GPL-2 or Expat and ISC"), "GPL-2.0-only OR MIT AND ISC");
  EXPECT_EQ(synopsis("GPL-2 or Expat, and ISC"), "(GPL-2.0-only OR MIT) AND ISC");
  EXPECT_EQ(synopsis("GPL-2+ with Autoconf exception"), "GPL-2.0-or-later WITH Autoconf-exception-2.0");
  EXPECT_EQ(synopsis("GPL-2+ with OpenSSL exception or ISC"), "<GPL-2+ with OpenSSL exception> OR ISC");
}

TEST(LicenseSynopsis, OfAnotherSyntaxIsOneLicence) {
  for (const char* text : {"BSD style license", "GPL-2 and", "or GPL-2", "GPL-2, ISC", "GPL-2 or or ISC", "(GPL-2)",
                           "GPL-2 with", "GPL-2|ISC", ","})
    EXPECT_EQ(synopsis(text), "<" + std::string(text) + ">") << text;
}

TEST(Copyright, JoinsTheLicencesOfAllFiles) {
  const auto license = read_copyright(std::string(kHeader) +
                                      "Files: *\nCopyright: me\nLicense: GPL-2+ or Expat\n\n"
                                      "Files: debian/*\nCopyright: you\nLicense: Expat\n\n"
                                      "Files: x\nCopyright: you\nLicense: Expat and ISC\n\n"
                                      "License: ISC\n Only a text, which no file has.\n");
  EXPECT_EQ(license.expression, "(GPL-2.0-or-later OR MIT) AND MIT AND ISC");
  EXPECT_THAT(license.extracted, IsEmpty());
  EXPECT_EQ(license.note, "");
}

TEST(Copyright, KeepsTheTextOfWhatSpdxDoesNotName) {
  const auto license =
      read_copyright(std::string(kHeader) +
                     "Files: *\nLicense: mine\n\nFiles: a\nLicense: public-domain\n Nobody's.\n .\n At all.\n\n"
                     "License: mine\n All mine.\n");
  ASSERT_THAT(license.extracted, SizeIs(2));
  EXPECT_THAT(license.extracted[0].id, StartsWith("LicenseRef-mine-"));
  EXPECT_EQ(license.extracted[0].text, "All mine.");
  EXPECT_EQ(license.extracted[1].name, "public-domain");
  EXPECT_EQ(license.extracted[1].text, "Nobody's.\n\nAt all.");
  EXPECT_EQ(license.expression, license.extracted[0].id + " AND " + license.extracted[1].id);
}

TEST(Copyright, TellsTwoTextsOfOneNameApart) {
  const auto one = read_copyright(std::string(kHeader) + "Files: *\nLicense: other\n One.\n");
  const auto two = read_copyright(std::string(kHeader) + "Files: *\nLicense: other\n Two.\n");
  EXPECT_NE(one.expression, two.expression);
}

TEST(Copyright, OfFreeFormSaysWhatItRefersTo) {
  const auto license = read_copyright(
      "This package was debianized.\n\nSee /usr/share/common-licenses/GPL-2.\nAnd `/usr/share/common-licenses/LGPL'\n");
  EXPECT_EQ(license.expression, "");
  EXPECT_THAT(license.note, HasSubstr("GPL-2 and LGPL in /usr/share/common-licenses"));
  EXPECT_EQ(read_copyright("").note, "the copyright file is free-form text");
}

TEST(Copyright, ThatIsBrokenOrTooMuchIsANote) {
  EXPECT_THAT(read_copyright(std::string(kHeader) + "no field\n").note, HasSubstr("is not"));
  EXPECT_THAT(read_copyright(std::string(kLargestCopyright + 1, 'x')).note, HasSubstr("too large"));
  EXPECT_THAT(read_copyright(kHeader).note, HasSubstr("no licence"));
  std::string many(kHeader);
  for (int i = 0; i < 300; ++i) many += "Files: *\nLicense: l" + std::to_string(i) + "\n\n";
  EXPECT_THAT(read_copyright(many).note, HasSubstr("too many"));
}

}  // namespace
}  // namespace keelson::inventory
