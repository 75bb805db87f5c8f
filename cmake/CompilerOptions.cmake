# How our own code is compiled.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # With precompiled headers it needs to be allowed to trust their checksums.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()

# Everything that is ours links this: warnings are errors, hardening is on.
add_library(marquee_options INTERFACE)
target_compile_options(marquee_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wcast-align -Werror
  -fstack-protector-strong
  # GCC 12 sees overlapping copies in std::string that are not there (GCC bug 105329).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
target_include_directories(marquee_options INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
target_link_options(marquee_options INTERFACE -Wl,-z,relro,-z,now)
if(MARQUEE_SANITIZE)
  target_compile_options(marquee_options INTERFACE -fsanitize=${MARQUEE_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(marquee_options INTERFACE -fsanitize=${MARQUEE_SANITIZE})
  if(MARQUEE_SANITIZE STREQUAL "thread")
    # ThreadSanitizer does not see fences; Asio's come with a mutex, which it sees.
    target_compile_definitions(marquee_options INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
    target_compile_options(marquee_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
else()
  target_compile_definitions(marquee_options INTERFACE $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
endif()
