keelson_fuzz(accounts SOURCE accounts_fuzz.cpp USES os)
