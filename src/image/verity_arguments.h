/// What a kernel command line says of dm-verity devices: systemd-veritysetup-generator(8).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keelson::image {

/// A device that the initrd opens.
struct VerityArguments {
  std::string name;  ///< "root" or "usr": /dev/mapper/NAME
  std::string root_hash;
  std::string data;  ///< as fstab names devices: "PARTUUID=…"
  std::string hash;
  std::string options;
};

/// Those that have a root hash; of several values of one key the last counts.
std::vector<VerityArguments> verity_arguments(std::string_view command_line);

/// An option's value: "hash-offset" of "panic-on-corruption,hash-offset=4096". Nothing if it is not there or has none.
std::optional<std::string> verity_option(const VerityArguments& device, std::string_view name);

/// The words that concern such devices, in their order: root hashes, and that root and /usr are mounted from them.
std::vector<std::string> verity_words(std::string_view command_line);
/// The line without them.
std::string without_verity_words(std::string_view command_line);

}  // namespace keelson::image
