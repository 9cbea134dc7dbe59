keelson_fuzz(toml SOURCE toml_fuzz.cpp USES formats_toml)
