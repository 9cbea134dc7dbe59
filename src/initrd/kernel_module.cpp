#include "initrd/kernel_module.h"

#include <fmt/format.h>
#include <lzma.h>
#include <zstd.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "initrd/elf.h"

namespace keelson::initrd {
namespace {

constexpr std::size_t kMaximumModule = 64u << 20;     // the largest of Debian's is 12 MiB (amdgpu with its tables: 30)
constexpr std::uint64_t kXzMemoryLimit = 128u << 20;  // xz -9 needs 65 MiB to decode

Error bad_module(std::string_view path, std::string_view rule) {
  return {ErrorKind::BadInput, fmt::format("cannot read kernel module '{}': {}", path, rule)};
}

std::string decompress_xz(const std::string& content, std::string_view path) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, kXzMemoryLimit, 0) != LZMA_OK) throw bad_module(path, "no memory to decompress it");
  std::string module(std::max<std::size_t>(content.size() * 4, 65536), '\0');
  stream.next_in = reinterpret_cast<const std::uint8_t*>(content.data());
  stream.avail_in = content.size();
  lzma_ret result = LZMA_OK;
  while (result == LZMA_OK) {
    if (stream.total_out == module.size()) {
      if (module.size() >= kMaximumModule) break;
      module.resize(module.size() * 2);
    }
    stream.next_out = reinterpret_cast<std::uint8_t*>(module.data()) + stream.total_out;
    stream.avail_out = module.size() - stream.total_out;
    result = lzma_code(&stream, LZMA_FINISH);
  }
  module.resize(stream.total_out);
  lzma_end(&stream);
  if (result != LZMA_STREAM_END) throw bad_module(path, "its xz data is damaged or too large");
  return module;
}

std::string decompress_zstd(const std::string& content, std::string_view path) {
  const unsigned long long size = ZSTD_getFrameContentSize(content.data(), content.size());
  if (size > kMaximumModule) throw bad_module(path, "its zstd data tells no size or is too large");
  std::string module(size, '\0');
  const std::size_t got = ZSTD_decompress(module.data(), module.size(), content.data(), content.size());
  if (ZSTD_isError(got) || got != size) throw bad_module(path, "its zstd data is damaged");
  return module;
}

/// "pre: a b post: c" gives a and b.
void add_soft_depends(std::string_view text, std::vector<std::string>& names) {
  bool before = false;
  for (const std::string_view word : split_words(text)) {
    if (word == "pre:" || word == "post:") {
      before = word == "pre:";
    } else if (before) {
      names.push_back(module_name(word));
    }
  }
}

}  // namespace

std::string module_name(std::string_view path) {
  std::string name(path.substr(path.rfind('/') + 1));
  name.resize(std::min(name.size(), name.find(".ko")));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::string decompress_module(std::string content, std::string_view path) {
  if (path.ends_with(".ko")) return content;
  if (path.ends_with(".ko.xz")) return decompress_xz(content, path);
  if (path.ends_with(".ko.zst")) return decompress_zstd(content, path);
  throw bad_module(path, "it is compressed in a way that we can't undo");
}

ModuleInfo parse_module_info(ByteView module, std::string_view name) {
  const auto section = find_elf_section(module, ".modinfo", name);
  if (!section) throw bad_module(name, "it has no .modinfo section");
  ModuleInfo info;
  for (const std::string_view line : split(as_text(*section), '\0')) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = line.substr(0, equals);
    const std::string_view value = line.substr(equals + 1);
    if (key == "alias") info.aliases.emplace_back(value);
    if (key == "softdep") {
      info.soft_lines.emplace_back(value);
      add_soft_depends(value, info.soft_depends);
    }
    if (key != "depends") continue;
    for (const std::string_view other : split(value, ',')) {
      if (!other.empty()) info.depends.push_back(module_name(other));
    }
  }
  return info;
}

}  // namespace keelson::initrd
