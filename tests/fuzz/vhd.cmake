keelson_fuzz(vhd SOURCE vhd_fuzz.cpp USES formats_vhd)
