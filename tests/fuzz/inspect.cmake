keelson_fuzz(inspect SOURCE inspect_fuzz.cpp USES inspect)
