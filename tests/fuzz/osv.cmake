keelson_fuzz(osv SOURCE osv_fuzz.cpp USES vulnerability)
