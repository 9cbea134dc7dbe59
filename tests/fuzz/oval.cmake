keelson_fuzz(oval SOURCE oval_fuzz.cpp USES vulnerability)
