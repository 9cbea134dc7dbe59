#include "image/checksums.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "crypto/hash.h"
#include "sys/file.h"
#include "sys/parallel.h"

namespace keelson::image {

std::string write_checksums(const std::map<std::string, Sha256>& digests) {
  std::string text;
  for (const auto& [name, digest] : digests) {
    const bool plain = std::none_of(name.begin(), name.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '/' || c == '\\';
    });
    if (!plain || name.empty()) {
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot list '{}' in SHA256SUMS: it is not the plain name of a file", name));
    }
    text += fmt::format("{}  {}\n", digest.hex(), name);
  }
  return text;
}

void write_checksums_file(const std::filesystem::path& folder, std::span<const std::string> names) {
  std::vector<Sha256> digests(names.size());
  parallel_for(names.size(), hardware_threads(), [&](std::size_t i) { digests[i] = sha256_file(folder / names[i]); });
  std::map<std::string, Sha256> by_name;
  for (std::size_t i = 0; i < names.size(); ++i) by_name[names[i]] = digests[i];
  write_file_atomically(folder / "SHA256SUMS", write_checksums(by_name));
}

}  // namespace keelson::image
