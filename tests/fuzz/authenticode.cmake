keelson_fuzz(authenticode SOURCE authenticode_fuzz.cpp USES formats_uki)
