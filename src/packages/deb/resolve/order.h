/// An order for unpacking and configuring.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace keelson::deb {

/// The control fields of one package that its place in the order depends on.
struct OrderedPackage {
  std::string_view name;
  std::string_view version;
  std::string_view pre_depends;
  std::string_view depends;
  std::string_view provides;
};

/// Numbers of `packages` in an order in which each comes after what it depends on. Where dependencies form a circle,
/// Pre-Depends are kept and Depends give way. Deterministic: the order of `packages` does not matter, only names do.
/// Dependencies on packages that are not in the list are ignored. @throws Error(BadInput) for a malformed field.
std::vector<std::size_t> install_order(std::span<const OrderedPackage> packages);

}  // namespace keelson::deb
