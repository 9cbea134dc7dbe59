// Any text: it is read or refused with one Error, and what was read answers for any path.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "formats/file_contexts/file_contexts.h"

/// The first line is a path, the rest a file_contexts file, which serves as the substitutions too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace keelson::file_contexts;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto end = text.find('\n');
  const std::string_view path = text.substr(0, end);
  const std::string_view rest = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  for (const bool substitutes : {false, true}) {
    try {
      const FileContexts contexts(substitutes ? ContextFiles{.subs = rest} : ContextFiles{.main = rest});
      const auto label = contexts.find(path, FileKind::File);
      if (label && label->empty()) __builtin_trap();
    } catch (const keelson::Error&) {
    }
  }
  return 0;
}
