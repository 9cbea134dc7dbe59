/// For tests: a small PE32+ program with room for further section headers.
#pragma once

#include <string>

#include "formats/uki/pe.h"

namespace keelson::uki {

inline std::string sample_pe(std::uint16_t machine = kMachineAmd64, std::uint32_t size_of_headers = 0x400) {
  ByteWriter w;
  w.text("MZ");
  w.zeros(0x3c - 2);
  w.u32le(0x40);
  w.text(std::string_view("PE\0\0", 4));
  w.u16le(machine);
  w.u16le(2);  // sections
  w.zeros(12);
  w.u16le(240);
  w.u16le(0x22e);
  const std::size_t optional = w.size();
  w.u16le(0x20b);
  w.zeros(30);
  w.u32le(0x1000);  // section alignment
  w.u32le(0x200);   // file alignment
  w.zeros(16);
  w.u32le(0x3000);  // size of image
  w.u32le(size_of_headers);
  w.zeros(4);
  w.u16le(10);  // EFI application
  w.zeros(optional + 108 - w.size());
  w.u32le(16);
  w.zeros(128);
  const auto section = [&](std::string_view name, std::uint32_t address, std::uint32_t offset) {
    w.text(name);
    w.zeros(8 - name.size());
    w.u32le(0x10);
    w.u32le(address);
    w.u32le(0x200);
    w.u32le(offset);
    w.zeros(12);
    w.u32le(0x40000040);
  };
  section(".text", 0x1000, size_of_headers);
  section(".sbat", 0x2000, size_of_headers + 0x200);
  w.zeros(size_of_headers - w.size());
  w.text("code");
  w.zeros(0x1fc);
  w.text("sbat,1");
  w.zeros(0x1fa);
  return std::string(as_text(w.view()));
}

}  // namespace keelson::uki
