/// What is in an image's initrds: in /boot, where boot entries name them, and in unified kernel images.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "inspect/boot_entries.h"
#include "inspect/system_files.h"

namespace keelson::inspect {

/// schema/facts.schema.json: an entry of `initrds`, without its name. Untrusted bytes: what can't be read is told as
/// `trouble`. `budget`, bytes that may still be unpacked, is lowered.
nlohmann::json initrd_facts(ByteView bytes, const std::string& path, std::uint64_t& budget);

/// Collects them, at most 8, and unpacks at most 2 GiB for all of them together.
class InitrdFacts {
 public:
  InitrdFacts();
  ~InitrdFacts();
  InitrdFacts(const InitrdFacts&) = delete;
  InitrdFacts& operator=(const InitrdFacts&) = delete;

  /// Of a unified kernel image: its section .initrd.
  void add_section(ByteView bytes, const std::string& path);
  /// Those that lie in files.
  void add_files(const SystemFiles& files, const std::vector<BootEntry>& entries);
  /// The list. One that is the only one of its kind has a name that the next image has too, so that they can be
  /// compared.
  nlohmann::json take(const SystemFiles& files);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace keelson::inspect
