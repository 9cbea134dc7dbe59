/// The bytes of one partition within a disk image file.
#pragma once

#include <string_view>

#include "base/error.h"
#include "base/units.h"

namespace keelson::image {

/// Makes the range a hole, whatever it held before; makes the file longer if it ends before the range does.
void clear_range(int raw, ByteCount offset, ByteCount size);

/// "cannot write file system 'root': it needs 512 MiB but the partition has 400 MiB".
Error does_not_fit(std::string_view label, ByteCount needed, ByteCount available);

}  // namespace keelson::image
