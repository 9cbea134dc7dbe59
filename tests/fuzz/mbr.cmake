keelson_fuzz(mbr SOURCE mbr_fuzz.cpp USES formats_mbr)
