keelson_fuzz(pe SOURCE pe_fuzz.cpp USES formats_uki)
