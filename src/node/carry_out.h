/// Has the node's update program put an image into the other slot. Runs in a process of its own, so that it goes on
/// when keelson-node is restarted or killed, and its result is found by the next one.
#pragma once

#include <filesystem>
#include <string>

#include "node/config.h"
#include "node/operation_file.h"

namespace keelson::node {

/// Starts the program of the operation that is Asked for under this name, and keeps how it ended: Installed, or Failed
/// with the last line that it wrote. Does nothing when the file names another operation, or it is not Asked any more.
/// @param boot_id of now.
void carry_out(const OperationFile& file, const UpdateProgram& program, const std::string& name,
               const std::string& boot_id);

/// The last line that says something, harmless and at most 512 bytes; "" when there is none.
std::string last_line(std::string_view output);

}  // namespace keelson::node
