/// A variable's new value with the signature that lets firmware take it: the `.auth` files that systemd-boot
/// (loader/keys/*/*.auth), KeyTool and efi-updatevar read.
/// Spec: UEFI 2.10, section 8.2.2, EFI_VARIABLE_AUTHENTICATION_2.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "crypto/certificate.h"
#include "formats/efi/names.h"
#include "formats/efi/time.h"

namespace keelson::efi {

/// Signs `value` for a variable that holds keys. The time is a counter to firmware: a later value needs a later one.
/// The same input gives the same bytes. @param signer the key that may change this variable: PK's for PK and KEK,
/// KEK's for db.
Bytes write_signed_variable(const KeyVariable& variable, ByteView value, const Time& time, const Signer& signer);

/// The views point into what was parsed.
struct SignedVariable {
  Time time;
  ByteView signature;  ///< PKCS#7 SignedData
  ByteView value;      ///< signature lists
};

/// @throws Error(BadInput) naming the rule broken. The signature is not verified.
SignedVariable parse_signed_variable(ByteView bytes, std::string_view name);

/// Whether the signature is that certificate's, over this value for this variable.
/// @throws Error(BadInput) if the signature breaks its form.
bool is_signed_by(const SignedVariable& signed_variable, const KeyVariable& variable, const Certificate& certificate);

}  // namespace keelson::efi
