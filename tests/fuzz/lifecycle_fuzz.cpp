// Lifecycle data, or names, from elsewhere: read them, and ask what operators ask.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "fleet/lifecycle/node_image.h"
#include "fleet/lifecycle/resolve.h"

namespace lifecycle = keelson::fleet::lifecycle;

namespace {

void ask(const lifecycle::Lifecycle& data, const lifecycle::PoolFacts& pool) {
  for (const int minor : {27, 31, 32, 40}) {
    const auto found = lifecycle::resolve(data, pool, {1, minor});
    const auto* runs = lifecycle::find_running(data, pool);
    (void)lifecycle::find_refusals(data, pool, runs == nullptr ? found.stream : runs, {1, minor});
    (void)lifecycle::deadline_of(data, found.stream, lifecycle::KubernetesMinor{1, minor}, pool);
    (void)lifecycle::change_between(data, pool, {1, minor}, {1, minor + 3});
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto version = lifecycle::parse_kubernetes_version(text)) (void)version->text();
  if (const auto image = lifecycle::parse_node_image(text)) (void)lifecycle::is_older(*image, *image);
  (void)lifecycle::parse_day(text);
  try {
    const auto read = lifecycle::parse_lifecycle(text, "fuzz");
    lifecycle::PoolFacts pool;
    pool.platform = "aks";
    pool.os_image = "Ubuntu 22.04.5 LTS";
    pool.node_image = "AKSAzureLinux-V3gen2-202508.20.0";
    pool.architecture = "arm64";
    pool.fips = true;
    ask(read, pool);
    for (const auto& image : read.images) {
      for (const auto& sku : image.skus) {
        pool.platform = image.platform;
        pool.sku = sku;
        ask(read, pool);
        if (&image != &read.images.front()) return 0;  // two entries are enough
      }
    }
  } catch (const keelson::Error&) {
    // Refused, as it should be.
  }
  return 0;
}
