// capabilities(7), "File capabilities"; the form is struct vfs_cap_data of linux/capability.h, little-endian.
#include <fmt/format.h>

#include <array>
#include <cstdint>

#include "inspect/walk.h"

namespace keelson::inspect {

namespace {

constexpr std::array<std::string_view, 41> kNames{"chown",
                                                  "dac_override",
                                                  "dac_read_search",
                                                  "fowner",
                                                  "fsetid",
                                                  "kill",
                                                  "setgid",
                                                  "setuid",
                                                  "setpcap",
                                                  "linux_immutable",
                                                  "net_bind_service",
                                                  "net_broadcast",
                                                  "net_admin",
                                                  "net_raw",
                                                  "ipc_lock",
                                                  "ipc_owner",
                                                  "sys_module",
                                                  "sys_rawio",
                                                  "sys_chroot",
                                                  "sys_ptrace",
                                                  "sys_pacct",
                                                  "sys_admin",
                                                  "sys_boot",
                                                  "sys_nice",
                                                  "sys_resource",
                                                  "sys_time",
                                                  "sys_tty_config",
                                                  "mknod",
                                                  "lease",
                                                  "audit_write",
                                                  "audit_control",
                                                  "setfcap",
                                                  "mac_override",
                                                  "mac_admin",
                                                  "syslog",
                                                  "wake_alarm",
                                                  "block_suspend",
                                                  "audit_read",
                                                  "perfmon",
                                                  "bpf",
                                                  "checkpoint_restore"};

std::uint32_t word_at(std::string_view bytes, std::size_t offset) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[offset + i])) << (8 * i);
  return value;
}

std::string names_of(std::uint64_t set) {
  std::string names;
  for (unsigned bit = 0; bit < 64; ++bit) {
    if ((set >> bit & 1) == 0) continue;
    names += names.empty() ? "" : ",";
    names += bit < kNames.size() ? fmt::format("cap_{}", kNames[bit]) : std::to_string(bit);
  }
  return names;
}

}  // namespace

std::string capabilities_text(std::string_view attribute) {
  constexpr std::uint32_t kRevisionMask = 0xff000000, kEffective = 1;
  if (attribute.size() < 12) return {};
  const std::uint32_t revision = (word_at(attribute, 0) & kRevisionMask) >> 24;
  const bool wide = (revision == 2 && attribute.size() >= 20) || (revision == 3 && attribute.size() >= 24);
  if (revision != 1 && !wide) return {};
  std::uint64_t permitted = word_at(attribute, 4);
  std::uint64_t inheritable = word_at(attribute, 8);
  if (wide) {
    permitted |= static_cast<std::uint64_t>(word_at(attribute, 12)) << 32;
    inheritable |= static_cast<std::uint64_t>(word_at(attribute, 16)) << 32;
  }
  const std::string_view effective = (word_at(attribute, 0) & kEffective) != 0 ? "e" : "";
  std::string text;
  const auto add = [&](std::uint64_t set, std::string_view flags) {
    if (set != 0) text += fmt::format("{}{}={}{}", text.empty() ? "" : " ", names_of(set), effective, flags);
  };
  add(permitted & inheritable, "ip");
  add(permitted & ~inheritable, "p");
  add(inheritable & ~permitted, "i");
  return text;
}

}  // namespace keelson::inspect
