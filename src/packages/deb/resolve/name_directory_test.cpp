#include "packages/deb/resolve/name_directory.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "packages/deb/resolve/test_indices.h"

namespace keelson::deb {
namespace {

using testing::packages_text;

std::string stanza_at(const std::vector<std::string_view>& texts, const StanzaPlace& place) {
  return std::string(texts.at(place.index).substr(place.offset, place.length));
}

TEST(NameDirectory, FindsPackagesAndProvidersInEveryIndex) {
  const std::string first =
      packages_text("bash 5.2\nEssential: yes\nrunc 1.1\nProvides: oci-runtime, oci-runtime (= 1)");
  const std::string second = packages_text("runc 1.2\ncrun 1\nProvides: oci-runtime");
  const std::vector<std::string_view> texts{first, second};
  const Bytes bytes = make_name_directory(texts, "amd64");
  const NameDirectory directory(bytes);
  const auto runc = directory.find("runc");
  ASSERT_EQ(runc.packages.size(), 2u);
  EXPECT_NE(stanza_at(texts, runc.packages[0]).find("Version: 1.1"), std::string::npos);
  EXPECT_NE(stanza_at(texts, runc.packages[1]).find("Version: 1.2"), std::string::npos);
  EXPECT_EQ(stanza_at(texts, runc.packages[0]).find("Package: runc"), 0u);
  EXPECT_EQ(directory.find("oci-runtime").packages.size(), 0u);
  EXPECT_EQ(directory.find("oci-runtime").providers.size(), 2u);
  EXPECT_TRUE(directory.find("run").packages.empty());
  EXPECT_TRUE(directory.find("zzz").packages.empty());
  EXPECT_TRUE(directory.find("").packages.empty());
  ASSERT_EQ(directory.essential().size(), 1u);
  EXPECT_EQ(stanza_at(texts, directory.essential()[0]).find("Package: bash"), 0u);
  EXPECT_EQ(directory.package_names(), (std::vector<std::string>{"bash", "crun", "runc"}));
}

TEST(NameDirectory, PackagesOfAnotherArchitectureAreLeftOut) {
  const std::string text = "Package: a\nVersion: 1\nArchitecture: arm64\n\nPackage: b\nVersion: 1\nArchitecture: all\n";
  const std::vector<std::string_view> texts{text};
  const Bytes bytes = make_name_directory(texts, "amd64");
  EXPECT_EQ(NameDirectory(bytes).package_names(), std::vector<std::string>{"b"});
}

TEST(NameDirectory, AnyFlippedBitOrMissingByteIsRefused) {
  const std::string text = packages_text("a 1\nProvides: x\nb 2");
  const std::vector<std::string_view> texts{text};
  const Bytes bytes = make_name_directory(texts, "amd64");
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes broken = bytes;
    broken[i] ^= std::byte{4};
    EXPECT_THROW(NameDirectory{broken}, Error) << i;
    EXPECT_THROW(NameDirectory(ByteView(bytes).first(i)), Error) << i;
  }
}

TEST(NameDirectory, AStanzaWithoutNameVersionOrArchitectureIsRefused) {
  for (const std::string text :
       {"Package: a\nVersion: 1\n", "Package: a\nArchitecture: all\n", "Version: 1\nArchitecture: all\n"}) {
    const std::vector<std::string_view> texts{text};
    EXPECT_THROW(make_name_directory(texts, "amd64"), Error) << text;
  }
}

}  // namespace
}  // namespace keelson::deb
