#include "recipe/language.h"

namespace keelson::recipe {

namespace {

const Section& enroll_section() {
  static const Section section{
      .name = "enroll",
      .meaning = "Files with which systemd-boot enrolls the keys in firmware that has none yet (in setup mode).",
      .keys = {
          {.name = "keys",
           .value = text(kFilePath),
           .meaning = "The folder that `keelson keys new` made; private keys may be missing in it. The certificate "
                      "must be in its db.",
           .example = "secure-boot-keys",
           .required = true},
          {.name = "mode",
           .value = one_of({{"manual"}, {"if-safe"}, {"force"}}),
           .meaning = "systemd-boot's secure-boot-enroll: from its menu only; by itself in virtual machines; always, "
                      "after a countdown.",
           .fallback = "if-safe",
           .example = "if-safe"}}};
  return section;
}

}  // namespace

const Section& secure_boot_section() {
  static const Section section{
      .name = "secureBoot",
      .meaning = "Signs the unified kernel images and systemd-boot, so that firmware with Secure Boot starts them.",
      .keys = {{.name = "key",
                .value = text(kFilePath),
                .meaning = "The private key: a PEM file, or a `pkcs11:` URI of a key in a token. A PIN is given by the "
                           "URI's pin-source.",
                .example = "secure-boot-keys/db.key",
                .required = true},
               {.name = "certificate",
                .value = text(kFilePath),
                .meaning = "Its certificate, which the firmware's db must hold.",
                .example = "secure-boot-keys/db.crt",
                .required = true},
               {.name = "pcrKey",
                .value = text(kFilePath),
                .meaning =
                    "A private key, given as `key` is, that signs policies for PCR 11 of a TPM: what is sealed to its "
                    "public key (systemd-cryptenroll --tpm2-public-key) opens under each image that it signed. "
                    "Public key and policies go into the unified kernel image, in `build`.",
                .fallback = "no policies",
                .example = "secure-boot-keys/pcr.key"},
               {.name = "enroll",
                .value = object(enroll_section()),
                .meaning = "Enrollment of the keys.",
                .fallback = "none: somebody else enrolls them"}}};
  return section;
}

}  // namespace keelson::recipe
