keelson_fuzz(rpmdb_bdb SOURCE rpmdb_bdb_fuzz.cpp USES formats_rpmdb)
