#include "packages/deb/repository/suites.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace keelson::deb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kDefaultKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

recipe::Distribution trixie() {
  recipe::Distribution distribution;
  distribution.release = "trixie";
  return distribution;
}

HostAptConfiguration debian_host() {
  HostAptConfiguration host;
  host.sources = {
      {{"https://vendor.invalid/apt"}, {"nodistro"}, {"main"}, "/vendor.gpg"},
      {{"cdrom:[x]/", "http://mirror.invalid/debian/"}, {"bookworm", "bookworm-updates"}, {"main"}, "/a.gpg"},
      {{"http://mirror.invalid/debian-security"}, {"bookworm-security"}, {"main"}, ""}};
  return host;
}

std::vector<std::string> names(const std::vector<Suite>& suites) {
  std::vector<std::string> result;
  for (const auto& suite : suites) result.push_back(suite.uri + " " + suite.suite + " " + suite.keyring.name());
  return result;
}

ErrorKind refusal(const recipe::Distribution& distribution, const HostAptConfiguration& host, const char* hint) {
  try {
    choose_suites(distribution, host);
  } catch (const Error& error) {
    EXPECT_THAT(error.hint(), HasSubstr(hint));
    return error.kind();
  }
  ADD_FAILURE() << "suites were chosen";
  return ErrorKind::Internal;
}

TEST(Suites, TheHostsMirrorsServeAnotherReleaseToo) {
  EXPECT_THAT(
      names(choose_suites(trixie(), debian_host())),
      ElementsAre("http://mirror.invalid/debian trixie /a.gpg", "http://mirror.invalid/debian trixie-updates /a.gpg",
                  std::string("http://mirror.invalid/debian-security trixie-security ") + kDefaultKeyring));
}

TEST(Suites, ASourceOfTheReleaseItselfIsPreferred) {
  auto host = debian_host();
  host.sources.push_back({{"http://other.invalid/debian"}, {"trixie"}, {"main"}, ""});
  EXPECT_EQ(choose_suites(trixie(), host).at(0).uri, "http://other.invalid/debian");
}

TEST(Suites, UpdatesAndSecurityCanBeLeftOut) {
  auto distribution = trixie();
  distribution.updates = distribution.security = false;
  EXPECT_EQ(choose_suites(distribution, debian_host()).size(), 1U);
}

TEST(Suites, AUrlHasItsSecurityArchiveBesideIt) {
  auto distribution = trixie();
  distribution.mirror = "http://mirror.invalid/debian/";
  distribution.keyring = "/keys/own.gpg";
  EXPECT_THAT(names(choose_suites(distribution, {})),
              ElementsAre("http://mirror.invalid/debian trixie /keys/own.gpg",
                          "http://mirror.invalid/debian trixie-updates /keys/own.gpg",
                          "http://mirror.invalid/debian-security trixie-security /keys/own.gpg"));
}

TEST(Suites, AHostWithoutDebianSaysWhatToSet) {
  HostAptConfiguration ubuntu;
  ubuntu.sources = {{{"http://mirror.invalid/ubuntu"}, {"noble", "noble-security"}, {"main", "universe"}, ""}};
  EXPECT_EQ(refusal(trixie(), ubuntu, "set distribution.mirror"), ErrorKind::NotFound);
  EXPECT_EQ(refusal(trixie(), {}, "set distribution.mirror"), ErrorKind::NotFound);
  auto no_security = debian_host();
  no_security.sources.pop_back();
  EXPECT_EQ(refusal(trixie(), no_security, "distribution.security"), ErrorKind::NotFound);
}

TEST(Suites, TheSecurityArchiveOfSnapshotsStandsBeforeTheTime) {
  auto distribution = trixie();
  distribution.mirror = "http://mirror.invalid/debian/@SNAPSHOTID@/";
  distribution.updates = false;
  distribution.keyring = "/keys/own.gpg";
  EXPECT_THAT(names(choose_suites(distribution, {})),
              ElementsAre("http://mirror.invalid/debian/@SNAPSHOTID@ trixie /keys/own.gpg",
                          "http://mirror.invalid/debian-security/@SNAPSHOTID@ trixie-security /keys/own.gpg"));
}

TEST(Suites, AMirrorThatIsNoUrlIsBadInput) {
  auto distribution = trixie();
  distribution.mirror = "mirror.invalid";
  EXPECT_EQ(refusal(distribution, {}, "write 'host', or a URL"), ErrorKind::BadInput);
}

TEST(Suites, AKeyInTheHostsSourceIsUsed) {
  auto host = debian_host();
  host.sources[1].signed_by = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n";
  EXPECT_EQ(choose_suites(trixie(), host).at(0).keyring.armoured, host.sources[1].signed_by);
}

}  // namespace
}  // namespace keelson::deb
