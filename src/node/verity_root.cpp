#include "node/verity_root.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "inspect/configuration.h"
#include "node/digest_text.h"

namespace keelson::node {

namespace {

struct Place {
  const char* mount_point;
  const char* argument;
  const char* device;
};
constexpr std::array<Place, 2> kPlaces{{{"/", "roothash", "root"}, {"/usr", "usrhash", "usr"}}};

// "254:0" of what was mounted there last: it lies over what was there before.
std::string device_at(std::string_view mount_point, std::string_view mounts) {
  std::string device;
  for (const auto line : split(mounts, '\n')) {
    const auto words = split_words(line);
    if (words.size() > 4 && words[4] == mount_point) device = words[2];
  }
  return device;
}

// The number goes into a path.
bool is_device_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789:") == std::string_view::npos;
}

}  // namespace

std::optional<VerityRoot> find_verity_root(const LiveRoot& root, std::string_view command_line) {
  // What the first process sees: in a pod with the node's /proc, the node's.
  const std::string mounts = root.kernel_says("/proc/1/mountinfo").value_or("");
  for (const auto& place : kPlaces) {
    const auto hash = inspect::kernel_argument(command_line, place.argument);
    if (!hash || !is_hex_digest(*hash)) continue;
    const std::string device = device_at(place.mount_point, mounts);
    if (!is_device_number(device)) continue;
    const auto uuid = root.kernel_says(fmt::format("/sys/dev/block/{}/dm/uuid", device));
    const auto name = root.kernel_says(fmt::format("/sys/dev/block/{}/dm/name", device));
    if (uuid && uuid->starts_with("CRYPT-VERITY-") && name == place.device) return VerityRoot{place.mount_point, *hash};
  }
  return std::nullopt;
}

}  // namespace keelson::node
