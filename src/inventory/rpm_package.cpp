#include "inventory/rpm_package.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace keelson::inventory {

namespace {

using rpmdb::Header;
using rpmdb::Tag;

// "bash-5.2.15-3.azl3.src.rpm": version and release stand behind the last two hyphens.
void read_source(std::string_view file, std::string_view epoch, Package& package) {
  package.source = package.name;
  package.source_version = package.version;
  for (const std::string_view ending : {".src.rpm", ".nosrc.rpm"}) {
    if (!file.ends_with(ending)) continue;
    file.remove_suffix(ending.size());
    break;
  }
  const auto release = file.rfind('-');
  if (release == std::string_view::npos || release == 0) return;
  const auto version = file.rfind('-', release - 1);
  if (version == std::string_view::npos || version == 0) return;
  package.source = file.substr(0, version);
  package.source_version = fmt::format("{}{}", epoch, file.substr(version + 1));
}

template <typename Value>
Value at(const std::vector<Value>& values, std::size_t index) {
  return index < values.size() ? values[index] : Value{};
}

// OpenPGP (RFC 4880, 4.2 and 5.2): a signature packet; in version 3 the key's id stands at a fixed place, in version 4
// in a subpacket of type 16, in version 6 and where only a fingerprint is said (type 33) it is that fingerprint's end.
class Signature {
 public:
  explicit Signature(ByteView bytes) : reader_(bytes, "signature") {}

  std::string key() const {
    const std::uint8_t tag = reader_.u8(0);
    std::size_t body = 0;
    if ((tag & 0xc0) == 0xc0) {
      const std::uint8_t first = reader_.u8(1);
      body = first < 192 ? 2 : first < 224 ? 3 : first == 255 ? 6 : 0;
    } else if ((tag & 0x80) != 0) {
      body = (tag & 3) == 0 ? 2 : (tag & 3) == 1 ? 3 : (tag & 3) == 2 ? 5 : 1;
    }
    if (body == 0) return {};
    const std::uint8_t version = reader_.u8(body);
    if (version == 3) return hex(reader_.u64be(body + 7));
    if (version != 4) return {};
    const std::size_t hashed = reader_.u16be(body + 4);
    if (auto found = in_subpackets(body + 6, hashed); !found.empty()) return found;
    return in_subpackets(body + 8 + hashed, reader_.u16be(body + 6 + hashed));
  }

 private:
  static std::string hex(std::uint64_t id) { return fmt::format("{:016x}", id); }

  std::string in_subpackets(std::size_t place, std::size_t size) const {
    const std::size_t end = place + size;
    std::string by_fingerprint;
    while (place < end) {
      std::size_t length = reader_.u8(place++);
      if (length >= 192 && length < 255) {
        length = ((length - 192) << 8) + reader_.u8(place++) + 192;
      } else if (length == 255) {
        length = reader_.u32be(place);
        place += 4;
      }
      if (length == 0) return {};
      const int type = reader_.u8(place) & 0x7f;
      if (type == 16 && length == 9) return hex(reader_.u64be(place + 1));
      if (type == 33 && length == 22) by_fingerprint = hex(reader_.u64be(place + length - 8));
      place += length;
    }
    return by_fingerprint;
  }

  ByteReader reader_;
};

}  // namespace

Package rpm_package(const Header& header) {
  const auto epoch = header.number(Tag::Epoch).value_or(0);
  const std::string before = epoch == 0 ? "" : fmt::format("{}:", epoch);
  const auto of = [&](Tag tag) { return std::string(header.text(tag)); };
  Package package;
  package.family = PackageFamily::Rpm;
  package.name = of(Tag::Name);
  package.version = fmt::format("{}{}-{}", before, header.text(Tag::Version), header.text(Tag::Release));
  package.architecture = of(Tag::Architecture);
  package.section = of(Tag::Group);
  package.maintainer = of(Tag::Vendor).empty() ? of(Tag::Packager) : of(Tag::Vendor);
  package.homepage = of(Tag::Url);
  package.summary = of(Tag::Summary);
  package.license = of(Tag::License);
  const auto size = header.number(Tag::LongSize);
  package.installed_size = (size ? *size : header.number(Tag::Size).value_or(0)) / 1024;
  read_source(header.text(Tag::SourceRpm), before, package);
  return package;
}

void visit_rpm_files(const Header& header, const std::function<void(const RpmFile&)>& take) {
  const auto bases = header.texts(Tag::BaseNames), folders = header.texts(Tag::DirectoryNames);
  const auto whole = header.texts(Tag::OldFileNames);
  const auto indexes = header.numbers(Tag::DirectoryIndexes);
  const bool large = header.count(Tag::LongFileSizes) != 0;
  const auto sizes = header.numbers(large ? Tag::LongFileSizes : Tag::FileSizes);
  const auto modes = header.numbers(Tag::FileModes), flags = header.numbers(Tag::FileFlags);
  const auto owners = header.texts(Tag::FileUsers), groups = header.texts(Tag::FileGroups);
  const auto digests = header.texts(Tag::FileDigests);
  RpmFile file;
  for (std::size_t i = 0; i < std::max(bases.size(), whole.size()); ++i) {
    if (i < bases.size()) {
      if (i >= indexes.size() || indexes[i] >= folders.size()) continue;
      file.path.assign(folders[indexes[i]]).append(bases[i]);
    } else {
      file.path.assign(whole[i]);
    }
    file.size = at(sizes, i);
    file.mode = static_cast<std::uint32_t>(at(modes, i));
    file.flags = static_cast<std::uint32_t>(at(flags, i));
    file.owner = at(owners, i);
    file.group = at(groups, i);
    file.digest = at(digests, i);
    take(file);
  }
}

std::vector<RpmChange> rpm_changelog(const Header& header) {
  const auto times = header.numbers(Tag::ChangelogTimes);
  const auto authors = header.texts(Tag::ChangelogNames), texts = header.texts(Tag::ChangelogTexts);
  std::vector<RpmChange> changes;
  for (std::size_t i = 0; i < std::min({times.size(), authors.size(), texts.size()}); ++i)
    changes.push_back({static_cast<std::int64_t>(times[i]), authors[i], texts[i]});
  return changes;
}

std::string rpm_signing_key(const Header& header) {
  for (const Tag tag : {Tag::SignatureRsa, Tag::SignatureDsa, Tag::SignaturePgp}) {
    const ByteView bytes = header.bytes(tag);
    if (bytes.empty()) continue;
    try {
      return Signature(bytes).key();
    } catch (const Error&) {
      return {};
    }
  }
  return {};
}

}  // namespace keelson::inventory
