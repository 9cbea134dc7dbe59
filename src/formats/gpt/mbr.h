/// The protective MBR: block 0, which keeps programs that know no GPT from taking the disk for empty.
/// Spec: UEFI 2.10, section 5.2.3, "Protective MBR".
#pragma once

#include "base/bytes.h"
#include "formats/gpt/layout.h"

namespace keelson::gpt {

/// One block; beyond its first 512 bytes it is zero.
Bytes encode_protective_mbr(const Geometry& geometry);

/// Accepts what real tools write: the boot signature, one record of type 0xEE that begins at block 1, and any boot code
/// (legacy boot loaders live there). Further records (a hybrid MBR) are refused: two tables that can disagree.
/// @param block block 0, untrusted, at least 512 bytes. @throws Error(BadInput) naming the rule broken.
void check_protective_mbr(ByteView block);

}  // namespace keelson::gpt
