#include "recipe/language.h"

namespace keelson::recipe {

namespace {

const Section& fips_section() {
  static const Section section{
      .name = "fips",
      .meaning =
          "FIPS 140 mode, end to end: kernel, OpenSSL's provider and its self-test. It is no validation. "
          "Needs the packages openssl and openssl-provider-fips.",
      .keys = {
          {.name = "mode",
           .value = one_of({{"disabled"}, {"enabled"}}),
           .meaning = "Whether only approved cryptography works. `disabled` takes back what `enabled` did to a base.",
           .example = "enabled",
           .required = true}}};
  return section;
}

const Section& cgroup_section() {
  static const Section section{.name = "cgroup",
                               .meaning = "Which control group hierarchy the system mounts.",
                               .keys = {{.name = "version",
                                         .value = one_of({{"v1"}, {"v2"}}),
                                         .meaning = "`v1` only where the image's own kernel and systemd can do it.",
                                         .example = "v2",
                                         .required = true}}};
  return section;
}

const Section& ipe_section() {
  static const Section section{.name = "ipe",
                               .meaning = "Integrity policy enforcement: only programs from verity-backed volumes run.",
                               .keys = {{.name = "mode",
                                         .value = one_of({{"disabled"}, {"permissive"}, {"enforcing"}}),
                                         .meaning = "Whether the policy is applied, or what breaks it only logged. The "
                                                    "policy is signed with `os.secureBoot`'s key, which firmware "
                                                    "vouches for to the kernel.",
                                         .example = "enforcing",
                                         .required = true},
                                        {.name = "policy",
                                         .value = text(kFilePath),
                                         .meaning = "The text of another policy, relative to the recipe.",
                                         .fallback = "programs, libraries, kernel modules and firmware come from the "
                                                     "initrd or a dm-verity volume whose root hash is signed, or not "
                                                     "at all",
                                         .example = "policy/ipe.pol"}}};
  return section;
}

const Section& firewall_rule_section() {
  static const Section section{.name = "firewallRule",
                               .meaning = "Incoming traffic that is let in.",
                               .keys = {{.name = "protocol",
                                         .value = one_of({{"tcp"}, {"udp"}, {"icmp"}}),
                                         .meaning = "The protocol.",
                                         .example = "tcp",
                                         .required = true},
                                        {.name = "ports",
                                         .value = list_of(text(kPorts)),
                                         .meaning = "Destination ports and ranges of ports.",
                                         .fallback = "all",
                                         .example = "[22, 8000-8010]"},
                                        {.name = "from",
                                         .value = text(kNetwork),
                                         .meaning = "Where it comes from.",
                                         .fallback = "anywhere",
                                         .example = "10.0.0.0/8"}},
                               .constraints = {{.kind = Constraint::Kind::Forbids,
                                                .keys = {"ports"},
                                                .when = "protocol=icmp",
                                                .hint = "ICMP has no ports"}}};
  return section;
}

const Section& firewall_section() {
  static const Section section{
      .name = "firewall",
      .meaning = "Packet filter. Answers to outgoing connections and loopback traffic always pass.",
      .keys = {{.name = "incoming",
                .value = one_of({{"drop"}, {"accept"}}),
                .meaning = "What happens to incoming traffic that no rule lets in.",
                .fallback = "drop",
                .example = "drop"},
               {.name = "allow", .value = list_of(object(firewall_rule_section())), .meaning = "What is let in."}}};
  return section;
}

}  // namespace

std::vector<Key> hardening_keys() {
  return {
      {.name = "fips", .value = object(fips_section()), .meaning = "FIPS 140 mode.", .extension = true},
      {.name = "cgroup", .value = object(cgroup_section()), .meaning = "Control groups.", .extension = true},
      {.name = "lockdown",
       .value = one_of({{"none"}, {"integrity"}, {"confidentiality"}}),
       .meaning = "The kernel's lockdown mode.",
       .fallback = "the kernel's own",
       .example = "integrity",
       .extension = true},
      {.name = "hardening",
       .value = object(system_hardening_section()),
       .meaning = "How closed the system is.",
       .extension = true},
      {.name = "ipe", .value = object(ipe_section()), .meaning = "Integrity policy enforcement.", .extension = true},
      {.name = "secureBoot",
       .value = object(secure_boot_section()),
       .meaning = "Signed boot files.",
       .extension = true},
      {.name = "sysctls",
       .value = text_map(kSysctlName, kKernelArgument),
       .meaning = "Kernel settings that are set at boot.",
       .example = "{net.ipv4.ip_forward: 1}",
       .extension = true},
      {.name = "firewall",
       .value = object(firewall_section()),
       .meaning = "Packet filter.",
       .supported = false,
       .extension = true}};
}

}  // namespace keelson::recipe
