keelson_fuzz(relation SOURCE relation_fuzz.cpp USES packages_deb_resolve)
