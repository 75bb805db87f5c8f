# Every library from outside, each found once.
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto SSL)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json 3.10 REQUIRED)
find_package(simdjson REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.74 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(ZLIB REQUIRED)

find_path(ZSTD_INCLUDE zstd.h REQUIRED)
find_library(ZSTD_LIBRARY zstd REQUIRED)
add_library(marquee_zstd INTERFACE)
target_include_directories(marquee_zstd SYSTEM INTERFACE ${ZSTD_INCLUDE})
target_link_libraries(marquee_zstd INTERFACE ${ZSTD_LIBRARY})

# Redis' client library has CMake files in some releases only.
find_path(HIREDIS_INCLUDE hiredis/hiredis.h REQUIRED)
find_library(HIREDIS_LIBRARY hiredis REQUIRED)
add_library(marquee_hiredis INTERFACE)
target_include_directories(marquee_hiredis SYSTEM INTERFACE ${HIREDIS_INCLUDE})
target_link_libraries(marquee_hiredis INTERFACE ${HIREDIS_LIBRARY})

# Parquet: Arrow's C++ libraries, the system's or those of PyPI's pyarrow (scripts/setup).
find_package(Parquet CONFIG QUIET)
set(MARQUEE_PYARROW "" CACHE PATH "The folder pyarrow of PyPI's package")
if(DEFINED ENV{MARQUEE_PYARROW})  # which may have come after the build folder
  set(MARQUEE_PYARROW "$ENV{MARQUEE_PYARROW}" CACHE PATH "The folder pyarrow of PyPI's package" FORCE)
endif()
if(TARGET Parquet::parquet_shared)
  add_library(marquee_arrow INTERFACE)
  target_link_libraries(marquee_arrow INTERFACE Parquet::parquet_shared)
elseif(MARQUEE_PYARROW)
  file(GLOB ARROW_LIBRARIES ${MARQUEE_PYARROW}/libarrow.so.* ${MARQUEE_PYARROW}/libparquet.so.*)
  add_library(marquee_arrow INTERFACE)
  target_include_directories(marquee_arrow SYSTEM INTERFACE ${MARQUEE_PYARROW}/include)
  target_link_libraries(marquee_arrow INTERFACE ${ARROW_LIBRARIES})
else()
  message(STATUS "Without Arrow's libraries: no Parquet (docs/data.md)")
endif()

# With jemalloc, memory that one thread allocates and another frees costs less, and the memory of a
# replaced model goes back to the system (docs/performance.md). Sanitizers bring their own malloc.
add_library(marquee_malloc INTERFACE)
if(NOT MARQUEE_SANITIZE)
  find_library(JEMALLOC_LIBRARY jemalloc REQUIRED)
  target_link_libraries(marquee_malloc INTERFACE ${JEMALLOC_LIBRARY})
endif()

# yaml-cpp 0.8 renamed its target.
if(TARGET yaml-cpp::yaml-cpp)
  set(MARQUEE_YAML yaml-cpp::yaml-cpp)
else()
  set(MARQUEE_YAML yaml-cpp)
endif()

# LibTorch. The CUDA build's own CMake files insist on a compiler for CUDA and, without an
# architecture list, fail in CMake 3.25 (docs/libtorch.md).
if(NOT DEFINED TORCH_CUDA_ARCH_LIST AND NOT DEFINED ENV{TORCH_CUDA_ARCH_LIST})
  set(TORCH_CUDA_ARCH_LIST "9.0")
endif()
find_package(Torch REQUIRED)
if(Torch_VERSION VERSION_LESS 2.6)
  message(FATAL_ERROR "LibTorch ${Torch_VERSION} at ${TORCH_INSTALL_PREFIX} is too old: 2.6 or later is needed")
endif()

# Training in several processes (training/distributed/).
find_path(MARQUEE_GLOO_INCLUDE gloo/algorithm.h)
if(NOT MARQUEE_GLOO_INCLUDE OR Torch_VERSION VERSION_LESS 2.11)
  message(STATUS "Without Gloo's headers (libgloo-dev) or LibTorch 2.11: training is in one process")
  set(MARQUEE_GLOO_INCLUDE "")
endif()

set(MARQUEE_NCCL_INCLUDE "")
if(MARQUEE_GLOO_INCLUDE AND EXISTS ${TORCH_INSTALL_PREFIX}/lib/libtorch_cuda.so)
  find_path(NCCL_INCLUDE nccl.h HINTS ENV CUDA_PATH PATH_SUFFIXES include)
  find_path(CUDA_RUNTIME_INCLUDE cuda_runtime_api.h HINTS ENV CUDA_PATH PATH_SUFFIXES include)
  if(NCCL_INCLUDE AND CUDA_RUNTIME_INCLUDE)
    set(MARQUEE_NCCL_INCLUDE ${NCCL_INCLUDE} ${CUDA_RUNTIME_INCLUDE})
  endif()
endif()

# Only the CPU half is linked: the CUDA half costs half a second at every start, so it is loaded
# when a CUDA device is requested (models/device.cpp).
add_library(marquee_torch INTERFACE)
target_include_directories(marquee_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
target_link_libraries(marquee_torch INTERFACE torch_cpu c10)
get_filename_component(MARQUEE_TORCH_LIB "${TORCH_INSTALL_PREFIX}/lib" ABSOLUTE)
set(CMAKE_BUILD_RPATH ${MARQUEE_TORCH_LIB})
