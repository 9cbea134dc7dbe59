/// EFI signature lists: the values of PK, KEK, db and dbx.
/// Spec: UEFI 2.10, section 32.4.1, EFI_SIGNATURE_LIST.
#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/uuid.h"

namespace keelson::efi {

/// One entry; the view points into what was parsed.
struct Signature {
  Uuid type;      ///< what `data` is: kX509Type, or a kind of digest
  Uuid owner;     ///< who put it there
  ByteView data;  ///< a certificate's DER
};

inline constexpr std::string_view kX509Type = "a5c059a1-94e4-4aa7-87b5-ab155c2bf072";

/// A list with one X.509 certificate.
Bytes write_certificate_list(const Uuid& owner, ByteView certificate);

/// All entries of lists that stand one behind the other, untrusted: at most 16384, as a dbx has hundreds.
/// @throws Error(BadInput) naming the rule broken.
std::vector<Signature> parse_signature_lists(ByteView bytes, std::string_view name);

}  // namespace keelson::efi
