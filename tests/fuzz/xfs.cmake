keelson_fuzz(xfs SOURCE xfs_fuzz.cpp USES formats_xfs)
