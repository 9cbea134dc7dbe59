/// Sparse files: where their data is, and copying them without writing the holes out.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "base/units.h"

namespace keelson::image {

/// Calls `take(from, to)` for each run of data in [begin, end) of the file, in order. A file system that knows no holes
/// reports one run. The file position changes.
void for_each_data_run(int fd, std::string_view name, ByteCount begin, ByteCount end,
                       const std::function<void(ByteCount from, ByteCount to)>& take);

/// Makes the empty file `to` a copy of the first `size` bytes of `from`: by a reflink where the file system can, else
/// by copy_file_range(2) of the data runs, else by reading and writing them.
void copy_sparse(int from, int to, ByteCount size, std::string_view name);

/// Turns [offset, offset + size) into a hole (zeros), by writing zeros where there can be no holes.
void clear_range(int fd, ByteCount offset, ByteCount size, std::string_view name);

}  // namespace keelson::image
