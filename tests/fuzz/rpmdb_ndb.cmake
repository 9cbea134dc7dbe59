keelson_fuzz(rpmdb_ndb SOURCE rpmdb_ndb_fuzz.cpp USES formats_rpmdb)
