/// Names of node images: what AKS calls the image that a node was made from.
/// Source: AKS release notes and node image documentation; "AKSAzureLinux-V3gen2-202508.20.0", since 2024 with the day
/// of the security patches behind it: "AKSUbuntu-2204gen2containerd-202410.27.0-2024.12.01".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace keelson::fleet::lifecycle {

struct NodeImage {
  std::string family;   ///< "AKSAzureLinux", "AKSCBLMariner", "AKSUbuntu", "AKSWindows"
  std::string flavour;  ///< "V3gen2fips"
  std::string version;  ///< "202508.20.0"
  std::string patched;  ///< "2024.12.01"; "" when the name has none
  int year = 0;
  int month = 0;
  int day = 0;
  int build = 0;

  bool fips = false;
  bool arm64 = false;
  bool trusted_launch = false;
  bool kata = false;
  bool confidential = false;
  int generation = 0;  ///< of the virtual machine, 1 or 2; 0: not told

  /// "AKSAzureLinux-V3gen2": what rows of the lifecycle data begin with.
  std::string stem() const { return family + '-' + flavour; }
};

/// Nothing for a text that is no such name, or holds no possible day. @param name untrusted.
std::optional<NodeImage> parse_node_image(std::string_view name);

/// Whether `left` was made before `right`: by day, build, and then the day of the security patches.
bool is_older(const NodeImage& left, const NodeImage& right);

}  // namespace keelson::fleet::lifecycle
