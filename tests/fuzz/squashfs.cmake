keelson_fuzz(squashfs SOURCE squashfs_fuzz.cpp USES formats_squashfs)
