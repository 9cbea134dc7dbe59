#include "recipe/language.h"

namespace keelson::recipe {

namespace {

const Section& setuid_section() {
  static const Section section{
      .name = "setuidPrograms",
      .meaning = "Programs that run with the rights of their owner or group, whoever starts them.",
      .keys = {{.name = "mode",
                .value = one_of({{"keep"}, {"none"}}),
                .meaning = "`none` takes those bits from every file of the image.",
                .example = "none",
                .required = true},
               {.name = "except",
                .value = list_of(text(kAbsolutePath)),
                .meaning = "Programs that keep them.",
                .example = "[/usr/bin/su]"}},
      .shorthand = "mode",
      .constraints = {{.kind = Constraint::Kind::Forbids,
                       .keys = {"except"},
                       .when = "mode=keep",
                       .hint = "with 'keep' all programs keep their bits"}}};
  return section;
}

}  // namespace

const Section& system_hardening_section() {
  static const Section section{
      .name = "hardening",
      .meaning =
          "How closed the system is. Each key stands for settings that docs/guide/hardening.md lists. Nothing is "
          "done for a key that is absent.",
      .keys = {
          {.name = "kernel",
           .value = one_of({{"none"}, {"default"}, {"strict"}}),
           .meaning = "Kernel arguments and sysctls; `os.sysctls` and arguments of the recipe's own come first.",
           .fallback = "none",
           .example = "default"},
          {.name = "mounts",
           .value = one_of({{"none"}, {"default"}, {"strict"}}),
           .meaning =
               "nodev, nosuid and noexec on /tmp and /dev/shm, and nodev and nosuid, where it fits noexec, on what "
               "`storage` mounts at /boot, /efi, /home, /srv, /tmp, /var and below; `strict`: on /home, /var/log and "
               "/var/tmp also where they are no file systems of their own. Options of the recipe's own come first.",
           .fallback = "none",
           .example = "default"},
          {.name = "services",
           .value = one_of({{"none"}, {"default"}, {"strict"}}),
           .meaning = "Services of the base that have no sandbox get one, as far as their units say nothing else; "
                      "`strict`: also those whose restrictions containers and logins inherit.",
           .fallback = "none",
           .example = "default"},
          {.name = "coreDumps",
           .value = one_of({{"enabled"}, {"disabled"}}),
           .meaning = "Whether a program that crashes leaves its memory behind.",
           .fallback = "the base's own",
           .example = "disabled"},
          {.name = "accounts",
           .value = one_of({{"none"}, {"closed"}}),
           .meaning = "New files are closed to others, shells end by themselves, `su` is for a group, banners "
                      "and settings tell nothing.",
           .fallback = "none",
           .example = "closed"},
          {.name = "blockedModules",
           .value = list_of(text(kModuleName)),
           .meaning = "Kernel modules that are never loaded, not even by name.",
           .example = "[udf, usb-storage]"},
          {.name = "modulesDisabled",
           .value = one_of({{"never"}, {"after-boot"}}),
           .meaning = "When the boot is over, no kernel module can be loaded any more: list what is needed later "
                      "in `os.modules`.",
           .fallback = "never",
           .example = "after-boot"},
          {.name = "setuidPrograms",
           .value = object(setuid_section()),
           .meaning = "Programs that run with others' rights."}}};
  return section;
}

}  // namespace keelson::recipe
