/// For tests: small ELF files, made by hand.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"

namespace keelson::initrd {

struct SampleElf {
  std::string interpreter;
  std::vector<std::string> needed;
  std::string run_path;
  std::string dlopen_json;  ///< the description of one .note.dlopen note
  std::string modinfo;      ///< content of a .modinfo section, for a kernel module
};

/// One loadable segment that holds the whole file at address 0.
inline std::string make_elf(const SampleElf& sample) {
  std::string strings(1, '\0');
  const auto string = [&](const std::string& text) {
    const std::size_t at = strings.size();
    strings += text + '\0';
    return at;
  };
  ByteWriter dynamic;
  const auto tag = [&](std::uint64_t name, std::uint64_t value) {
    dynamic.u64le(name);
    dynamic.u64le(value);
  };
  for (const std::string& library : sample.needed) tag(1, string(library));
  if (!sample.run_path.empty()) tag(29, string(sample.run_path));
  constexpr std::size_t kBody = 64 + 4 * 56;
  tag(5, kBody);
  tag(10, strings.size());
  tag(0, 0);
  ByteWriter note;
  if (!sample.dlopen_json.empty()) {
    note.u32le(4);
    note.u32le(static_cast<std::uint32_t>(sample.dlopen_json.size() + 1));
    note.u32le(0x407c0c0a);
    note.text(std::string_view("FDO\0", 4));
    note.text(sample.dlopen_json);
    note.u8(0);
    note.align(4);
  }
  const std::string interpreter = sample.interpreter + '\0';
  const std::string names("\0.modinfo\0.names\0", 17);
  const std::size_t dynamic_at = kBody + strings.size();
  const std::size_t note_at = dynamic_at + dynamic.size();
  const std::size_t interpreter_at = note_at + note.size();
  const std::size_t modinfo_at = interpreter_at + interpreter.size();
  const std::size_t names_at = modinfo_at + sample.modinfo.size();
  const std::size_t sections_at = names_at + names.size();

  ByteWriter w;
  w.text(
      "\x7f"
      "ELF");
  w.u8(2);
  w.u8(1);
  w.zeros(12);
  w.u16le(62);  // e_type and e_version do not matter here
  w.u32le(1);
  w.u64le(0);
  w.zeros(32 - w.size());
  w.u64le(64);
  w.u64le(sections_at);
  w.zeros(54 - w.size());
  w.u16le(56);
  w.u16le(4);
  w.u16le(64);
  w.u16le(3);
  w.u16le(2);
  const auto segment = [&](std::uint32_t type, std::uint64_t offset, std::uint64_t size) {
    w.u32le(type);
    w.u32le(4);
    w.u64le(offset);
    w.u64le(offset);
    w.u64le(offset);
    w.u64le(size);
    w.u64le(size);
    w.u64le(1);
  };
  segment(1, 0, sections_at);
  segment(2, dynamic_at, dynamic.size());
  segment(4, note_at, note.size());
  segment(sample.interpreter.empty() ? 0 : 3, interpreter_at, interpreter.size());
  w.text(strings);
  w.bytes(dynamic.view());
  w.bytes(note.view());
  w.text(interpreter);
  w.text(sample.modinfo);
  w.text(names);
  const auto section = [&](std::uint32_t name, std::uint64_t offset, std::uint64_t size) {
    w.u32le(name);
    w.zeros(20);
    w.u64le(offset);
    w.u64le(size);
    w.zeros(24);
  };
  section(0, 0, 0);
  section(1, modinfo_at, sample.modinfo.size());
  section(10, names_at, names.size());
  return std::string(as_text(w.view()));
}

}  // namespace keelson::initrd
