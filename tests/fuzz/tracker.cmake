keelson_fuzz(tracker SOURCE tracker_fuzz.cpp USES vulnerability)
