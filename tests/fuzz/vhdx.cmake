keelson_fuzz(vhdx SOURCE vhdx_fuzz.cpp USES formats_vhdx)
