// A system's status file and, after a form feed, a copyright file that all its packages have: read and written down.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/error.h"
#include "inventory/collect_bill.h"
#include "inventory/cyclonedx.h"
#include "inventory/spdx.h"

namespace {

void write_bill(std::string_view text) {
  using namespace keelson;
  const auto part = text.find('\f');
  const std::string status(text.substr(0, part));
  const std::string rest(part == std::string_view::npos ? "" : text.substr(part + 1));
  const auto bill =
      inventory::collect_bill({.text = [&](std::string_view path, ByteCount) -> std::optional<std::string> {
                                 if (path == "/var/lib/dpkg/status") return status;
                                 if (path.ends_with("release") || path.ends_with("copyright")) return rest;
                                 return std::nullopt;
                               },
                               .names = [](std::string_view) { return std::vector<std::string>(); }});
  for (const auto& written : {inventory::write_spdx(bill), inventory::write_cyclonedx(bill)}) {
    if (nlohmann::json::parse(written, nullptr, false).is_discarded()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > (1u << 16)) return 0;
  try {
    write_bill({reinterpret_cast<const char*>(data), size});
  } catch (const keelson::Error&) {
  }
  return 0;
}
