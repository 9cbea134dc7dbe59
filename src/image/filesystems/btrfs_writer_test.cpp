#include "image/filesystems/btrfs_writer.h"

#include <gtest/gtest.h>
