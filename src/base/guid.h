/// The byte order of UUIDs in UEFI and GPT, and in VHDX: the first three fields little-endian, the rest as written
/// ("mixed-endian"). Spec: UEFI 2.10, appendix A, "GUID and Time Formats".
#pragma once

#include "base/bytes.h"
#include "base/uuid.h"

namespace keelson {

/// @throws Error(BadInput) if 16 bytes at `offset` are not all there.
Uuid read_guid(const ByteReader& reader, std::size_t offset);

/// Appends 16 bytes.
void write_guid(ByteWriter& writer, const Uuid& uuid);

}  // namespace keelson
