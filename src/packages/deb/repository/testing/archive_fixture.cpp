#include "packages/deb/repository/testing/archive_fixture.h"

#include <fmt/format.h>
#include <lzma.h>

#include <array>
#include <chrono>

#include "base/error.h"
#include "crypto/hash.h"
#include "sys/file.h"
#include "sys/process.h"

namespace keelson::deb::testing {

namespace fs = std::filesystem;

namespace {

std::string date_text(std::int64_t seconds) {
  constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  const std::chrono::sys_days day{std::chrono::days(seconds / 86400)};
  const std::chrono::year_month_day date{day};
  const std::int64_t rest = seconds % 86400;
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} UTC", kDays.at(std::chrono::weekday(day).c_encoding()),
                     static_cast<unsigned>(date.day()), kMonths.at(static_cast<unsigned>(date.month()) - 1),
                     static_cast<int>(date.year()), rest / 3600, rest % 3600 / 60, rest % 60);
}

void write(const fs::path& path, std::string_view content) {
  fs::create_directories(path.parent_path());
  write_file(path, content);
}

}  // namespace

std::string compress_xz(std::string_view text) {
  std::string out(lzma_stream_buffer_bound(text.size()), '\0');
  std::size_t used = 0;
  if (lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, nullptr, reinterpret_cast<const std::uint8_t*>(text.data()),
                              text.size(), reinterpret_cast<std::uint8_t*>(out.data()), &used, out.size()) != LZMA_OK) {
    throw Error(ErrorKind::Internal, "cannot compress a test's text");
  }
  out.resize(used);
  return out;
}

bool ArchiveFixture::is_possible() {
  return find_program("gpg") && find_program("gpgv") && find_program("gpg-agent") && find_program("gpgconf");
}

ArchiveFixture::ArchiveFixture(fs::path folder)
    : home_(folder / "gnupg"), root_(folder / "archive"), keyring_(folder / "archive-keyring.gpg") {
  fs::create_directories(root_);
  fs::create_directories(home_);
  fs::permissions(home_, fs::perms::owner_all);
  require_process({.arguments = gpg({"--passphrase", "", "--quick-generate-key", "Test Archive <archive@test.invalid>",
                                     "ed25519", "sign", "never"})},
                  "make", "test key");
  require_process({.arguments = gpg({"--output", keyring_.native(), "--export"})}, "export", "test key");
}

ArchiveFixture::~ArchiveFixture() {
  try {
    run_process({.arguments = {"gpgconf", "--homedir", home_.native(), "--kill", "gpg-agent"}});
  } catch (const Error&) {  // a destructor only undoes
  }
}

std::vector<std::string> ArchiveFixture::gpg(std::vector<std::string> arguments) const {
  std::vector<std::string> all{"gpg",       "--batch",      "--yes",           "--quiet",
                               "--homedir", home_.native(), "--pinentry-mode", "loopback"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

std::string ArchiveFixture::armoured_key() const {
  return require_process({.arguments = gpg({"--armor", "--export"})}, "export", "test key");
}

std::string ArchiveFixture::file_url(std::string_view base) const { return "file://" + (root_ / base).native(); }

fs::path ArchiveFixture::suite_folder(const FixtureSuite& suite) const {
  return root_ / suite.base / "dists" / suite.folder;
}

std::string ArchiveFixture::sign(const std::string& text) const {
  return require_process({.arguments = gpg({"--digest-algo", "SHA512", "--clearsign"}), .standard_input = text}, "sign",
                         "test Release");
}

std::vector<LockedPackage> ArchiveFixture::publish(const FixtureSuite& suite, std::string_view url) const {
  std::vector<LockedPackage> locked;
  std::string packages;
  for (const auto& package : suite.packages) {
    const std::string path = fmt::format("pool/{}_{}_{}.deb", package.name, package.version, package.architecture);
    const Sha256 digest = sha256(package.content);
    write(root_ / suite.base / path, package.content);
    packages += fmt::format("Package: {}\nVersion: {}\nArchitecture: {}\n{}Filename: {}\nSize: {}\nSHA256: {}\n\n",
                            package.name, package.version, package.architecture, package.fields, path,
                            package.content.size(), digest.hex());
    locked.push_back({package.name, package.version, package.architecture, package.name, package.version, digest,
                      ByteCount{package.content.size()}, fmt::format("{}/{}", url, path)});
  }
  const std::string folder = fmt::format("{}/binary-{}", suite.component, suite.architecture);
  std::string table;
  const auto add_index = [&](const std::string& name, const std::string& content, bool on_disk) {
    const std::string hex = sha256(content).hex();
    table += fmt::format(" {} {:8} {}/{}\n", hex, content.size(), folder, name);
    const fs::path place = suite_folder(suite) / folder;
    if (on_disk && suite.by_name) write(place / name, content);
    if (on_disk && suite.by_hash) write(place / "by-hash" / "SHA256" / hex, content);
  };
  add_index("Packages", packages, false);
  add_index("Packages.xz", compress_xz(packages), true);
  std::string release = fmt::format("Origin: Test\nSuite: {}\nCodename: {}\nDate: {}\n", suite.suite, suite.codename,
                                    date_text(suite.date));
  if (suite.valid_until) release += fmt::format("Valid-Until: {}\n", date_text(*suite.valid_until));
  release += suite.fields;
  if (suite.by_hash) release += "Acquire-By-Hash: yes\n";
  release += fmt::format("Architectures: {}\nComponents: {}\nSHA256:\n{}", suite.architecture, suite.component, table);
  write(suite_folder(suite) / "InRelease", sign(release));
  return locked;
}

}  // namespace keelson::deb::testing
