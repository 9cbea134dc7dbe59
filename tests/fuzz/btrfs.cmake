keelson_fuzz(btrfs SOURCE btrfs_fuzz.cpp USES formats_btrfs)
keelson_fuzz(btrfs_lzo SOURCE btrfs_lzo_fuzz.cpp USES formats_compression)
