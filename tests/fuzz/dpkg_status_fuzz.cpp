// dpkg's status file of an image, and apt's marks after a form feed: read, and every package removed in turn.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "packages/deb/change/installed.h"
#include "packages/deb/change/marks.h"
#include "packages/deb/change/removal.h"
#include "packages/deb/change/unpack_order.h"

namespace {

void change_everything(std::string_view text) {
  using namespace keelson::deb;
  const auto part = text.find('\f');
  const std::string_view marks = part == std::string_view::npos ? "" : text.substr(part + 1);
  const InstalledSystem system{std::string(text.substr(0, part)), marks};
  std::vector<const PackageRecord*> installed;
  for (const auto& package : system.packages()) {
    if (!package.foreign) installed.push_back(&package.record);
  }
  if (unpack_order(installed).size() != installed.size()) std::abort();
  std::size_t tried = 0;
  for (const auto* package : installed) {
    if (system.find(package->name) == nullptr) std::abort();
    if (++tried > 16) break;
    configured_before(*package, {}, installed);
    PackageChange change{.architecture = system.architecture(), .remove = {std::string(package->name)}};
    try {
      if (without(installed, {package}).size() >= installed.size()) std::abort();
      changed_marks(marks, change);
    } catch (const keelson::Error&) {
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > (1u << 16)) return 0;
  try {
    change_everything({reinterpret_cast<const char*>(data), size});
  } catch (const keelson::Error&) {
  }
  return 0;
}
