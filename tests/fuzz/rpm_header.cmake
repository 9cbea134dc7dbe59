keelson_fuzz(rpm_header SOURCE rpm_header_fuzz.cpp USES inventory)
