// The module with Arrow's libraries, loaded when it is first needed.
#pragma once

#include <string>

namespace marquee::data {

// Its function of this name. Throws Error, saying what this build cannot do with Parquet ("read"),
// if there is no module or it cannot be loaded.
void* arrow_symbol(const char* name, const std::string& verb);

template <typename Function>
Function* arrow_function(const char* name, const std::string& verb) {
  return reinterpret_cast<Function*>(arrow_symbol(name, verb));
}

}  // namespace marquee::data
