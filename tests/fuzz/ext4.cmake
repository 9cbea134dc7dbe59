keelson_fuzz(ext4 SOURCE ext4_fuzz.cpp USES formats_ext4)
