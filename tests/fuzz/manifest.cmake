keelson_fuzz(manifest SOURCE manifest_fuzz.cpp USES image)
