# Headers of others that most files include, read once: they are most of what a build takes. Ours
# are not among them, so that a change of one compiles what includes it. Without:
# -DMARQUEE_PRECOMPILE=OFF, where a file that forgets an include fails.
option(MARQUEE_PRECOMPILE "Precompile headers of the standard library and LibTorch" ON)

set(MARQUEE_STANDARD_HEADERS <algorithm> <array> <chrono> <cmath> <filesystem> <functional> <map>
    <memory> <mutex> <numeric> <optional> <set> <span> <string> <string_view> <unordered_map>
    <vector>)

# GCC 12 forgets of precompiled headers that they are the system's, in which it says nothing of the
# overflows in std::string that it sees and that are not there (GCC bug 105329).
if(MARQUEE_PRECOMPILE)
  target_compile_options(marquee_options INTERFACE
    $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds>)
endif()

# marquee_precompile(TARGET HEADER ...), for files without compile options of their own
function(marquee_precompile TARGET)
  if(MARQUEE_PRECOMPILE)
    target_precompile_headers(${TARGET} PRIVATE ${ARGN})
  endif()
endfunction()

# marquee_precompile_as(TARGET OTHER): the headers of another target of the same compile options
function(marquee_precompile_as TARGET OTHER)
  if(MARQUEE_PRECOMPILE)
    target_precompile_headers(${TARGET} REUSE_FROM ${OTHER})
  endif()
endfunction()

# Those of rooms without LibTorch. It defines nothing but what all rooms do: what a precompiled
# header was made with has to be defined where it is used.
file(WRITE ${PROJECT_BINARY_DIR}/generated/precompiled.cpp "")
add_library(marquee_headers OBJECT ${PROJECT_BINARY_DIR}/generated/precompiled.cpp)
set_target_properties(marquee_headers PROPERTIES POSITION_INDEPENDENT_CODE ON)
target_compile_options(marquee_headers PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-semantic-interposition>)
target_link_libraries(marquee_headers PRIVATE marquee_options nlohmann_json::nlohmann_json)
marquee_precompile(marquee_headers ${MARQUEE_STANDARD_HEADERS} <nlohmann/json.hpp>)
