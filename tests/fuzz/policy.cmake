keelson_fuzz(policy SOURCE policy_fuzz.cpp USES policy)
