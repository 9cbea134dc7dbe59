keelson_fuzz(deb822 SOURCE deb822_fuzz.cpp USES formats_deb822)
