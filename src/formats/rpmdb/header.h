/// One package as RPM's database keeps it: the header of the package it was installed from, and what installing added.
/// Source: RPM file format V4, "Header" (rpm.org, docs/manual/format_v4.md, format_header.md) and tags.md; a database
/// has no lead and no magic before the two counts. All integers are big-endian.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace keelson::rpmdb {

/// What a header's entry is about; only those that somebody here asks for.
enum class Tag : std::uint32_t {
  SignatureRsa = 268,  ///< an OpenPGP signature of the header
  SignatureDsa = 267,
  SignaturePgp = 259,  ///< of header and payload, by older builders
  Name = 1000,
  Version = 1001,
  Release = 1002,
  Epoch = 1003,
  Summary = 1004,
  InstallTime = 1008,
  Size = 1009,
  Vendor = 1011,
  License = 1014,
  Packager = 1015,
  Group = 1016,
  Url = 1020,
  Architecture = 1022,
  OldFileNames = 1027,  ///< whole paths, by RPM 3
  FileSizes = 1028,
  FileStates = 1029,
  FileModes = 1030,
  FileDigests = 1035,
  FileLinkTargets = 1036,
  FileFlags = 1037,
  FileUsers = 1039,
  FileGroups = 1040,
  SourceRpm = 1044,
  ProvideNames = 1047,
  RequireFlags = 1048,
  RequireNames = 1049,
  RequireVersions = 1050,
  ChangelogTimes = 1080,
  ChangelogNames = 1081,
  ChangelogTexts = 1082,
  ProvideFlags = 1112,
  ProvideVersions = 1113,
  DirectoryIndexes = 1116,
  BaseNames = 1117,
  DirectoryNames = 1118,
  LongFileSizes = 5008,
  LongSize = 5009,
  FileDigestAlgorithm = 5011,
};

/// A view of a header; the bytes must outlive it and all that it gives. What a tag is asked for and is not there, or is
/// of another type, is empty.
class Header {
 public:
  /// Checks the counts, and of every entry its type, alignment, count and place. @param blob untrusted.
  /// @throws Error(BadInput) naming the entry.
  explicit Header(ByteView blob);

  /// A text; of one in several languages the first, which is that of the package's author.
  std::string_view text(Tag tag) const;
  std::vector<std::string_view> texts(Tag tag) const;
  std::optional<std::uint64_t> number(Tag tag) const;
  std::vector<std::uint64_t> numbers(Tag tag) const;
  ByteView bytes(Tag tag) const;
  /// How many values the tag has.
  std::size_t count(Tag tag) const;

 private:
  enum class Type : std::uint32_t { Null, Char, Int8, Int16, Int32, Int64, Text, Bytes, Texts, Languages };
  struct Entry {
    std::uint32_t tag = 0;
    Type type = Type::Null;
    std::uint32_t offset = 0;
    std::uint32_t count = 0;
  };

  Entry read_entry(const ByteReader& reader, std::size_t number) const;
  void check_region(const ByteReader& reader, std::uint32_t entries) const;
  const Entry* find(Tag tag) const;
  std::string_view text_at(std::size_t& offset) const;

  ByteView data_;
  std::vector<Entry> entries_;  // sorted by tag; of several with one tag only the last
};

}  // namespace keelson::rpmdb
