#include "initrd/elf.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"

namespace keelson::initrd {
namespace {

constexpr std::string_view kMagic =
    "\x7f"
    "ELF";
constexpr std::uint32_t kLoad = 1, kDynamic = 2, kInterpreter = 3, kNote = 4;                         // p_type
constexpr std::uint64_t kNeeded = 1, kStringTable = 5, kStringSize = 10, kRpath = 15, kRunPath = 29;  // d_tag
constexpr std::uint32_t kDlopenNote = 0x407c0c0a;
constexpr std::size_t kMaximumHeaders = 4096;  // program or section headers; real files have tens
constexpr std::size_t kMaximumTags = 65536;

Error bad_elf(std::string_view name, std::string_view rule) {
  return {ErrorKind::BadInput, fmt::format("cannot read program '{}': {}", name, rule)};
}

struct Segment {
  std::uint32_t type;
  std::uint64_t offset, address, size;
};

/// A table of headers: where, how many, how large each.
struct Table {
  std::uint64_t offset;
  std::size_t entry_size, count;
};

class ElfFile {
 public:
  ElfFile(ByteView bytes, std::string_view name) : reader_(bytes, name), name_(name) {
    if (!is_elf(bytes)) throw bad_elf(name, "it is not an ELF file");
    if (reader_.u8(4) != 2 || reader_.u8(5) != 1) throw bad_elf(name, "it is not 64-bit little-endian");
  }

  ElfNeeds needs() const {
    const std::vector<Segment> segments = read_segments();
    ElfNeeds needs{.machine = reader_.u16le(18)};
    for (const Segment& segment : segments) {
      if (segment.type == kInterpreter) needs.interpreter = std::string(c_string(content(segment)));
      if (segment.type == kDynamic) read_dynamic(content(segment), segments, needs);
      if (segment.type == kNote) read_notes(content(segment), needs);
    }
    return needs;
  }

  std::optional<ByteView> section(std::string_view wanted) const {
    const Table table = checked({reader_.u64le(40), reader_.u16le(58), reader_.u16le(60)}, 64);
    const std::size_t names_index = reader_.u16le(62);
    if (table.count == 0) return std::nullopt;
    if (names_index >= table.count) throw bad_elf(name_, "its section names are missing");
    const auto range = [&](std::size_t index) {
      const std::size_t at = table.offset + index * table.entry_size;
      return bytes(reader_.u64le(at + 24), reader_.u64le(at + 32));
    };
    const ByteView names = range(names_index);
    for (std::size_t i = 0; i < table.count; ++i) {
      const std::uint32_t name_at = reader_.u32le(table.offset + i * table.entry_size);
      if (name_at < names.size() && c_string(names.subspan(name_at)) == wanted) return range(i);
    }
    return std::nullopt;
  }

 private:
  static std::string_view c_string(ByteView bytes) {
    const std::string_view text = as_text(bytes);
    return text.substr(0, text.find('\0'));
  }

  ByteView bytes(std::uint64_t offset, std::uint64_t size) const {
    if (offset > reader_.size() || size > reader_.size() - offset) throw bad_elf(name_, "an offset leaves the file");
    return reader_.bytes(offset, size);
  }
  ByteView content(const Segment& segment) const { return bytes(segment.offset, segment.size); }

  Table checked(Table table, std::size_t minimum_entry) const {
    if (table.count == 0) return table;
    if (table.count > kMaximumHeaders || table.entry_size < minimum_entry)
      throw bad_elf(name_, "its headers are broken");
    bytes(table.offset, table.count * table.entry_size);
    return table;
  }

  std::vector<Segment> read_segments() const {
    const Table table = checked({reader_.u64le(32), reader_.u16le(54), reader_.u16le(56)}, 56);
    std::vector<Segment> segments;
    for (std::size_t i = 0; i < table.count; ++i) {
      const std::size_t at = table.offset + i * table.entry_size;
      segments.push_back({reader_.u32le(at), reader_.u64le(at + 8), reader_.u64le(at + 16), reader_.u64le(at + 32)});
    }
    return segments;
  }

  /// The file's bytes at an address, through the segment that is loaded there.
  ByteView at_address(std::uint64_t address, std::uint64_t size, const std::vector<Segment>& segments) const {
    for (const Segment& s : segments) {
      if (s.type != kLoad || address < s.address || address - s.address > s.size) continue;
      const std::uint64_t within = address - s.address;
      if (size > s.size - within) break;
      return content(s).subspan(within, size);
    }
    throw bad_elf(name_, "its string table is not in a loaded segment");
  }

  void read_dynamic(ByteView dynamic, const std::vector<Segment>& segments, ElfNeeds& needs) const {
    const ByteReader reader(dynamic, name_);
    const std::size_t count = std::min(dynamic.size() / 16, kMaximumTags);
    std::uint64_t table = 0, size = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (reader.u64le(i * 16) == kStringTable) table = reader.u64le(i * 16 + 8);
      if (reader.u64le(i * 16) == kStringSize) size = reader.u64le(i * 16 + 8);
    }
    if (size == 0) return;
    const ByteView strings = at_address(table, size, segments);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t tag = reader.u64le(i * 16);
      if (tag == 0) break;
      if (tag != kNeeded && tag != kRunPath && tag != kRpath) continue;
      const std::uint64_t at = reader.u64le(i * 16 + 8);
      if (at >= strings.size()) throw bad_elf(name_, "a name lies outside its string table");
      const std::string_view text = c_string(strings.subspan(at));
      if (tag == kNeeded) {
        needs.libraries.emplace_back(text);
      } else {
        for (const std::string_view folder : split(text, ':')) needs.run_path.emplace_back(folder);
      }
    }
  }

  void read_notes(ByteView notes, ElfNeeds& needs) const {
    const ByteReader reader(notes, name_);
    const auto align4 = [](std::uint64_t n) { return (n + 3) / 4 * 4; };
    for (std::uint64_t at = 0; at + 12 <= notes.size();) {
      const std::uint64_t name_size = align4(reader.u32le(at));
      const std::uint64_t size = reader.u32le(at + 4);
      const std::uint32_t type = reader.u32le(at + 8);
      const std::uint64_t description = at + 12 + name_size;
      if (description + size > notes.size()) return;  // other notes may use another alignment: not ours to judge
      if (type == kDlopenNote) read_dlopen_note(c_string(notes.subspan(description, size)), needs);
      at = description + align4(size);
    }
  }

  /// A note is a JSON array of objects: feature, description, priority, soname (an array).
  static void read_dlopen_note(std::string_view text, ElfNeeds& needs) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_array()) return;  // optional by nature: a note that we can't read asks for nothing
    for (const auto& item : json) {
      if (!item.is_object() || !item.contains("soname") || !item["soname"].is_array()) continue;
      const auto string = [](const nlohmann::json& value) { return value.is_string() ? value.get<std::string>() : ""; };
      OptionalLibrary library{.feature = string(item.value("feature", nlohmann::json())),
                              .priority = string(item.value("priority", nlohmann::json("recommended")))};
      for (const auto& soname : item["soname"]) library.sonames.push_back(string(soname));
      needs.optional.push_back(std::move(library));
    }
  }

  ByteReader reader_;
  std::string_view name_;
};

}  // namespace

bool is_elf(ByteView bytes) { return as_text(bytes).starts_with(kMagic); }

ElfNeeds parse_elf_needs(ByteView bytes, std::string_view name) { return ElfFile(bytes, name).needs(); }

std::optional<ByteView> find_elf_section(ByteView bytes, std::string_view section, std::string_view name) {
  return ElfFile(bytes, name).section(section);
}

}  // namespace keelson::initrd
