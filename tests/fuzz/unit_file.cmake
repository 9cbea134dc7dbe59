keelson_fuzz(unit_file SOURCE unit_file_fuzz.cpp USES os)
