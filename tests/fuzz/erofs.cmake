keelson_fuzz(erofs SOURCE erofs_fuzz.cpp USES formats_erofs)
