keelson_fuzz(vex SOURCE vex_fuzz.cpp USES vulnerability)
