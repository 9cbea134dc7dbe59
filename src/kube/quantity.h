/// Resource quantities: "100m", "1Gi", "2e3".
/// Source: k8s.io/apimachinery/pkg/api/resource, the grammar in the documentation of Quantity.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace keelson::kube {

/// A number in billionths, as Kubernetes keeps it: what is finer is rounded away from zero, and what is beyond
/// ±(2^63 - 1) is cut there.
class Quantity {
 public:
  Quantity() = default;

  /// Nothing for a text that is none. Suffixes: n u m k M G T P E, Ki Mi Gi Ti Pi Ei, e and E with a decimal exponent.
  static std::optional<Quantity> parse(std::string_view text);

  /// Whole units, or thousandths, rounded away from zero; cut at the ends of 64 bits.
  std::int64_t value() const;
  std::int64_t milli_value() const;

  bool operator==(const Quantity&) const = default;
  auto operator<=>(const Quantity&) const = default;
  /// A sum may be larger than what can be parsed; there is room for 10^10 of the largest.
  Quantity operator+(const Quantity& other) const { return Quantity(nanos_ + other.nanos_); }
  Quantity operator-(const Quantity& other) const { return Quantity(nanos_ - other.nanos_); }

 private:
  __extension__ using Wide = __int128;
  explicit Quantity(Wide nanos) : nanos_(nanos) {}
  std::int64_t scaled(std::int64_t nanos_per_unit) const;

  Wide nanos_ = 0;
};

}  // namespace keelson::kube
