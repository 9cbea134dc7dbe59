/// Authenticode: signatures in UEFI programs, as firmware with Secure Boot verifies them.
/// Spec: Microsoft, "Windows Authenticode Portable Executable Signature Format" (2008); PE Format, "The Attribute
/// Certificate Table"; UEFI 2.10, section 32.2.2. SHA-256 with RSA only. docs/formats/authenticode.md.
#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/sha256.h"
#include "crypto/certificate.h"

namespace keelson::uki {

/// The digest that a signature holds: all of the file but the checksum, the table's entry and the table itself. A file
/// that is not yet signed is counted as if zeros filled it to a multiple of 8, as it will be.
/// @throws Error(BadInput) if it is no PE32+ program, or has bytes between its sections, which no signature would
/// cover.
Sha256 program_digest(ByteView bytes, std::string_view name);

/// The signatures of a program, untrusted: PKCS#7, each possibly with a few bytes of padding behind it; at most 16.
/// The views point into `bytes`. @throws Error(BadInput) as above, or if the table breaks its form.
std::vector<ByteView> program_signatures(ByteView bytes, std::string_view name);

/// The program with one more signature, and its checksum renewed. The same program and key give the same bytes.
/// @throws Error(BadInput) as above; Error as Signer's key does.
Bytes sign_program(ByteView bytes, std::string_view name, const Signer& signer);

/// Whether one of its signatures is that certificate's, over what the program is now. Dates are not looked at.
/// @throws Error(BadInput) as above, also for a signature of a kind that is not supported.
bool is_program_signed_by(ByteView bytes, std::string_view name, const Certificate& certificate);

}  // namespace keelson::uki
