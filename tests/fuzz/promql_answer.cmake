keelson_fuzz(promql_answer SOURCE promql_answer_fuzz.cpp USES fleet_gates)
