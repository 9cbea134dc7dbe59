// initrd/elf: programs and kernel modules of a tree are outside bytes; none may do more than be refused.
#include "base/error.h"
#include "initrd/elf.h"
#include "initrd/kernel_module.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const keelson::ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  try {
    keelson::initrd::parse_elf_needs(bytes, "fuzz");
  } catch (const keelson::Error&) {
  }
  try {
    keelson::initrd::parse_module_info(bytes, "fuzz");
  } catch (const keelson::Error&) {
  }
  return 0;
}
