/// Blocking threads over a list of independent items.
#pragma once

#include <cstddef>
#include <functional>

namespace keelson {

/// How many threads are worth using here (at least 1).
std::size_t hardware_threads();

/// Calls body(0) … body(count-1), each once, on up to `threads` threads, in rising order of start. The first
/// exception stops new items from starting and is rethrown here when all threads have joined.
void parallel_for(std::size_t count, std::size_t threads, const std::function<void(std::size_t)>& body);

}  // namespace keelson
