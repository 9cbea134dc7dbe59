// A resource quantity: what is read compares with itself, and its parts have its sign.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "kube/quantity.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto quantity = keelson::kube::Quantity::parse({reinterpret_cast<const char*>(data), size});
  if (!quantity) return 0;
  if (*quantity - *quantity != keelson::kube::Quantity()) std::abort();
  if ((quantity->value() < 0) != (*quantity < keelson::kube::Quantity())) std::abort();
  if ((quantity->milli_value() < 0) != (quantity->value() < 0)) std::abort();
  return 0;
}
