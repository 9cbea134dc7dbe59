keelson_fuzz(verity SOURCE verity_fuzz.cpp USES formats_verity)
