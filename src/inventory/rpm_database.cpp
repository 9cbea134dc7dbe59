#include "inventory/rpm_database.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/error.h"
#include "inventory/rpm_package.h"

namespace keelson::inventory {

namespace {

using rpmdb::Form;
using rpmdb::Header;
using rpmdb::Tag;

constexpr std::string_view kNames[] = {"rpmdb.sqlite", "Packages.db", "Packages"};
constexpr Form kForms[] = {Form::Sqlite, Form::Ndb, Form::BerkeleyDb};
constexpr ByteCount kLargestLog = mebibytes(512);

}  // namespace

std::optional<RpmDatabase> RpmDatabase::find(const SystemReader& system) {
  for (const auto folder : kRpmFolders) {
    for (std::size_t i = 0; i < std::size(kNames); ++i) {
      RpmDatabase found;
      found.path_ = fmt::format("{}/{}", folder, kNames[i]);
      found.form_ = kForms[i];
      auto content = system.text(found.path_, rpmdb::kLargestDatabase);
      if (!content) continue;
      found.content_ = std::move(*content);
      const auto log = found.form_ == Form::Sqlite ? system.text(found.path_ + "-wal", kLargestLog) : std::nullopt;
      if (log && !log->empty()) {
        const std::size_t frames = rpmdb::apply_log(found.content_, as_bytes(*log));
        found.notes_.push_back(frames > 0 ? fmt::format("'{}-wal' holds changes that are not in the database yet: {} "
                                                        "pages of it were read from there",
                                                        found.path_, frames)
                                          : fmt::format("'{}-wal' holds nothing that was committed", found.path_));
      }
      if (found.content_.empty()) continue;  // made, and never filled
      return found;
    }
  }
  return std::nullopt;
}

void RpmDatabase::visit(const std::function<void(const Header&)>& take) {
  with_context(fmt::format("reading '{}' ({})", path_, rpmdb::name_of(form_)), [&] {
    rpmdb::read_packages(form_, std::as_writable_bytes(std::span(content_)), [&](ByteView blob) {
      const Header header(blob);
      const auto name = header.text(Tag::Name);
      if (name == "gpg-pubkey") return;
      if (name.empty() || header.text(Tag::Version).empty())
        throw Error(ErrorKind::BadInput, "cannot read RPM's database: a package has no name or no version");
      take(header);
    });
  });
}

std::vector<Package> RpmDatabase::packages() {
  std::vector<Package> packages;
  visit([&](const Header& header) { packages.push_back(rpm_package(header)); });
  std::sort(packages.begin(), packages.end(), [](const Package& a, const Package& b) {
    return std::tie(a.name, a.architecture, a.version) < std::tie(b.name, b.architecture, b.version);
  });
  return packages;
}

}  // namespace keelson::inventory
