// A kubeconfig from elsewhere: read it, merge it with itself, choose its context. And what an exec plugin prints.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "kube/kubeconfig.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    auto kubeconfig = keelson::kube::parse_kubeconfig(text, "/folder/config");
    keelson::kube::merge_kubeconfig(kubeconfig, kubeconfig);
    (void)keelson::kube::choose_context(kubeconfig);
  } catch (const keelson::Error&) {
    // Refused, as it should be.
  }
  try {
    (void)keelson::kube::parse_exec_answer(text, "client.authentication.k8s.io/v1", "plugin");
  } catch (const keelson::Error&) {
  }
  return 0;
}
