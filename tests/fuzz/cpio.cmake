keelson_fuzz(cpio SOURCE cpio_fuzz.cpp USES formats_cpio)
