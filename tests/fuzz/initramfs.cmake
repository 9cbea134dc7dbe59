keelson_fuzz(initramfs SOURCE initramfs_fuzz.cpp USES formats_initramfs)
