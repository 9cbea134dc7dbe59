keelson_fuzz(lock SOURCE lock_fuzz.cpp USES packages_deb)
