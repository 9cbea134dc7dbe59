keelson_fuzz(vhd_disk SOURCE vhd_disk_fuzz.cpp USES formats_vhd)
