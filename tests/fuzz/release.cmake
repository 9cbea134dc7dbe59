keelson_fuzz(release SOURCE release_fuzz.cpp USES packages_deb_repository)
