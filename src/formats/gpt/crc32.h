/// The CRC-32 of ISO 3309 and Ethernet (polynomial 0x04C11DB7, reflected), which UEFI uses for GPT.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace keelson::gpt {

std::uint32_t crc32(ByteView bytes);

}  // namespace keelson::gpt
