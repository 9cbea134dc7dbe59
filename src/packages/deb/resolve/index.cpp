#include "packages/deb/resolve/index.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "formats/deb822/stanza.h"

namespace keelson::deb {

namespace {

constexpr std::uint64_t kLargestPackage = std::uint64_t{16} << 30;

[[noreturn]] void refuse(std::string_view name, std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read package index '{}': {}", name, why));
}

std::string_view require_field(const deb822::Stanza& stanza, std::string_view field) {
  const auto value = stanza.find(field);
  if (value.empty()) refuse(stanza.find("Package"), fmt::format("it has no {}", field));
  return value;
}

// Names and versions go into messages, paths and the solver: plain characters only.
std::string_view require_plain(const deb822::Stanza& stanza, std::string_view field) {
  const auto value = require_field(stanza, field);
  if (value.size() > 255) refuse(stanza.find("Package"), fmt::format("its {} is too long", field));
  for (const char c : value) {
    if (c <= ' ' || c > '~')
      refuse(stanza.find("Package"), fmt::format("its {} has a character that is not allowed", field));
  }
  return value;
}

// The one stanza of a text.
template <typename Take>
void with_stanza(std::string_view text, const Take& take) {
  bool seen = false;
  deb822::parse_stanzas(text, "package index", [&](const deb822::Stanza& stanza) {
    if (seen) refuse(stanza.find("Package"), "two stanzas where one is expected");
    seen = true;
    take(stanza);
  });
  if (!seen) refuse("", "an empty stanza");
}

std::vector<Alternatives> relations(const deb822::Stanza& stanza, std::string_view field) {
  const auto value = stanza.find(field);
  if (value.empty()) return {};
  return parse_relations(value, fmt::format("{} of {}", field, stanza.find("Package")));
}

void append_list(std::vector<Relation>& list, const deb822::Stanza& stanza, std::string_view field) {
  const auto value = stanza.find(field);
  if (value.empty()) return;
  const auto more = parse_relation_list(value, fmt::format("{} of {}", field, stanza.find("Package")));
  list.insert(list.end(), more.begin(), more.end());
}

std::uint64_t require_size(const deb822::Stanza& stanza) {
  const auto text = require_field(stanza, "Size");
  std::uint64_t size = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (problem != std::errc() || end != text.data() + text.size() || size > kLargestPackage) {
    refuse(stanza.find("Package"), fmt::format("its Size is '{}'", text.substr(0, 40)));
  }
  return size;
}

std::string_view require_path(const deb822::Stanza& stanza) {
  const auto path = require_field(stanza, "Filename");
  const auto bad = [&] {
    refuse(stanza.find("Package"), fmt::format("its Filename '{}' is not a plain path", path.substr(0, 200)));
  };
  if (path.size() > 4096) bad();
  for (const char c : path) {
    if (c <= ' ' || c > '~' || c == '?' || c == '#' || c == '\\') bad();
  }
  for (const auto part : split(path, '/')) {
    if (part.empty() || part == "..") bad();
  }
  return path;
}

// "Source: openssl (3.5.1-1)"; the version is left out when it is the binary's own, the name when it is the same.
void fill_source(LockedPackage& package, std::string_view field) {
  package.source = package.name;
  package.source_version = package.version;
  if (field.empty()) return;
  const auto open = field.find('(');
  package.source = std::string(trim(field.substr(0, open)));
  if (open == std::string_view::npos) return;
  const auto close = field.find(')', open);
  if (close == std::string_view::npos) refuse(package.name, "its Source has no closing ')'");
  package.source_version = std::string(trim(field.substr(open + 1, close - open - 1)));
}

}  // namespace

void read_headings(std::string_view text, std::uint32_t index, std::string_view name,
                   const std::function<void(const PackageHeading&)>& take) {
  if (text.size() > std::numeric_limits<std::uint32_t>::max()) refuse(name, "it is larger than 4 GiB");
  deb822::parse_stanzas(text, name, [&](const deb822::Stanza& stanza) {
    const auto& fields = stanza.fields();
    if (fields.empty()) return;
    const char* begin = fields.front().name.data();
    const std::string_view last = fields.back().value.empty() ? fields.back().name : fields.back().value;
    const char* end = last.data() + last.size();
    require_plain(stanza, "Version");
    take({.name = require_plain(stanza, "Package"),
          .architecture = require_plain(stanza, "Architecture"),
          .provides = stanza.find("Provides"),
          .essential = stanza.find("Essential") == "yes",
          .place = {.index = index,
                    .offset = static_cast<std::uint32_t>(begin - text.data()),
                    .length = static_cast<std::uint32_t>(end - begin)}});
  });
}

PackageRecord read_record(std::string_view stanza_text, const StanzaPlace& place) {
  PackageRecord record;
  with_stanza(stanza_text, [&](const deb822::Stanza& stanza) {
    record.name = require_plain(stanza, "Package");
    record.version = require_plain(stanza, "Version");
    record.architecture = require_plain(stanza, "Architecture");
    record.priority = stanza.find("Priority");
    record.essential = stanza.find("Essential") == "yes";
    record.any_architecture_allowed = stanza.find("Multi-Arch") == "allowed";
    record.pre_depends = relations(stanza, "Pre-Depends");
    record.depends = relations(stanza, "Depends");
    record.recommends = relations(stanza, "Recommends");
    append_list(record.conflicts, stanza, "Conflicts");
    append_list(record.conflicts, stanza, "Breaks");
    append_list(record.provides, stanza, "Provides");
    record.place = place;
  });
  return record;
}

LockedPackage read_locked_package(std::string_view stanza_text, std::string_view base_url) {
  LockedPackage package;
  with_stanza(stanza_text, [&](const deb822::Stanza& stanza) {
    package.name = require_plain(stanza, "Package");
    package.version = require_plain(stanza, "Version");
    package.architecture = require_plain(stanza, "Architecture");
    fill_source(package, stanza.find("Source"));
    const auto digest = require_field(stanza, "SHA256");
    package.sha256 =
        with_context(fmt::format("reading SHA256 of package '{}'", package.name), [&] { return parse_sha256(digest); });
    package.size = {require_size(stanza)};
    package.url = fmt::format("{}/{}", base_url, require_path(stanza));
    package.essential = stanza.find("Essential") == "yes";
  });
  return package;
}

}  // namespace keelson::deb
