keelson_fuzz(ar SOURCE ar_fuzz.cpp USES formats_ar)
