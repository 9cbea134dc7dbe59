#include "base/units.h"

#include <fmt/format.h>

namespace keelson {

std::string human_size(ByteCount count) {
  const double bytes = static_cast<double>(count.value);
  if (count.value >= gibibytes(1).value) return fmt::format("{:.1f} GiB", bytes / (1 << 30));
  if (count.value >= mebibytes(1).value) return fmt::format("{:.0f} MiB", bytes / (1 << 20));
  if (count.value >= kibibytes(1).value) return fmt::format("{:.0f} KiB", bytes / (1 << 10));
  return fmt::format("{} bytes", count.value);
}

}  // namespace keelson
