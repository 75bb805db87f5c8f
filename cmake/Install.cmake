# What `cmake --install` and `cpack` write, and where (docs/installing.md). Components:
#   program      marquee, presets, documents          server       marquee-serve alone
#   development  Marquee::inference for C++ programs   libtorch     LibTorch's CPU half
#   libraries    every other library but the C library's
# Packages bring LibTorch; a plain installation uses the one that it was built with.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
option(MARQUEE_PACKAGE "Install for a package: with LibTorch, and nothing that names this machine" OFF)
set(MARQUEE_ZSH_COMPLETIONS ${CMAKE_INSTALL_DATADIR}/zsh/site-functions CACHE STRING
    "Where zsh looks for completions, below the prefix")
set(MARQUEE_PRIVATE_LIBRARIES lib/marquee)

set(PROGRAMS marquee marquee-serve)
set(TENSOR_PROGRAM_FOLDER lib/marquee)  # where cli/start_with_tensors.cpp looks
set(DOCUMENTS ${CMAKE_INSTALL_DATADIR}/doc)

# The run path by which what is installed in FOLDER finds LibTorch.
function(find_libraries_from FOLDER RESULT)
  if(MARQUEE_PACKAGE)
    file(RELATIVE_PATH THERE /prefix/${FOLDER} /prefix/${MARQUEE_PRIVATE_LIBRARIES})
    set(${RESULT} "$ORIGIN/${THERE}" PARENT_SCOPE)
  else()
    set(${RESULT} ${MARQUEE_TORCH_LIB} PARENT_SCOPE)
  endif()
endfunction()

# Programs.
find_libraries_from(${CMAKE_INSTALL_BINDIR} PROGRAM_RPATH)
set_target_properties(${PROGRAMS} PROPERTIES INSTALL_RPATH "${PROGRAM_RPATH}")
install(TARGETS marquee COMPONENT program)
find_libraries_from(${TENSOR_PROGRAM_FOLDER} TENSOR_PROGRAM_RPATH)
set_target_properties(marquee-tensors PROPERTIES INSTALL_RPATH "${TENSOR_PROGRAM_RPATH}")
install(TARGETS marquee-tensors RUNTIME DESTINATION ${TENSOR_PROGRAM_FOLDER} COMPONENT program)
install(TARGETS marquee-serve COMPONENT server)

# Packages bring neither the CUDA half of LibTorch nor Arrow.
foreach(MODULE marquee_nccl marquee_parquet)
  if(TARGET ${MODULE} AND NOT MARQUEE_PACKAGE)
    install(TARGETS ${MODULE} LIBRARY DESTINATION lib/marquee COMPONENT program)
  endif()
endforeach()
if(TARGET marquee_parquet AND MARQUEE_PYARROW)
  set_target_properties(marquee_parquet PROPERTIES INSTALL_RPATH ${MARQUEE_PYARROW})
endif()

# Man pages and completions, made from what the programs say.
foreach(PROGRAM IN LISTS PROGRAMS)
  set(COMPONENT program)
  if(PROGRAM STREQUAL marquee-serve)
    set(COMPONENT server)
  endif()
  set(GENERATED ${PROJECT_BINARY_DIR}/installed-text/${PROGRAM})
  install(CODE "execute_process(COMMAND bash ${PROJECT_SOURCE_DIR}/cmake/program_texts.sh
    $<TARGET_FILE:${PROGRAM}> ${GENERATED} COMMAND_ERROR_IS_FATAL ANY)" COMPONENT ${COMPONENT})
  install(DIRECTORY ${GENERATED}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT ${COMPONENT})
  install(FILES ${GENERATED}/bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
          RENAME ${PROGRAM} COMPONENT ${COMPONENT})
  install(FILES ${GENERATED}/zsh DESTINATION ${MARQUEE_ZSH_COMPLETIONS}
          RENAME _${PROGRAM} COMPONENT ${COMPONENT})
  install(FILES ${GENERATED}/fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
          RENAME ${PROGRAM}.fish COMPONENT ${COMPONENT})
endforeach()

# Presets and documents.
install(PROGRAMS scripts/nightly DESTINATION ${CMAKE_INSTALL_DATADIR}/marquee/scripts
  COMPONENT program)
install(DIRECTORY configs DESTINATION ${CMAKE_INSTALL_DATADIR}/marquee COMPONENT program
        FILES_MATCHING PATTERN *.yaml)
install(FILES README.md ARCHITECTURE.md CHANGELOG.md CONTRIBUTING.md LICENSE SECURITY.md DESTINATION ${DOCUMENTS}/marquee COMPONENT program)
install(DIRECTORY docs DESTINATION ${DOCUMENTS}/marquee COMPONENT program)

# For other C++ programs. Headers name each other below marquee/.
find_libraries_from(${CMAKE_INSTALL_LIBDIR} LIBRARY_RPATH)
set_target_properties(marquee_inference_shared PROPERTIES INSTALL_RPATH "${LIBRARY_RPATH}")
set(HEADERS ${PROJECT_BINARY_DIR}/installed-headers)
foreach(HEADER core/error.h core/version.h data/events.h inference/engine.h inference/request.h)
  set(SOURCE ${PROJECT_SOURCE_DIR}/${HEADER})
  if(NOT EXISTS ${SOURCE})
    set(SOURCE ${PROJECT_BINARY_DIR}/generated/${HEADER})
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${SOURCE})
  file(READ ${SOURCE} TEXT)
  string(REGEX REPLACE "#include \"" "#include \"marquee/" TEXT "${TEXT}")
  file(CONFIGURE OUTPUT ${HEADERS}/marquee/${HEADER} CONTENT "${TEXT}" @ONLY)
endforeach()
target_include_directories(marquee_inference_shared INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(marquee_inference_shared INTERFACE cxx_std_20)
install(TARGETS marquee_inference_shared EXPORT MarqueeTargets COMPONENT development)
install(DIRECTORY ${HEADERS}/marquee DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
set(CMAKE_FILES ${CMAKE_INSTALL_LIBDIR}/cmake/Marquee)
install(EXPORT MarqueeTargets NAMESPACE Marquee:: DESTINATION ${CMAKE_FILES} COMPONENT development)
configure_package_config_file(cmake/MarqueeConfig.cmake.in ${PROJECT_BINARY_DIR}/MarqueeConfig.cmake
                              INSTALL_DESTINATION ${CMAKE_FILES})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/MarqueeConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/MarqueeConfig.cmake ${PROJECT_BINARY_DIR}/MarqueeConfigVersion.cmake
        DESTINATION ${CMAKE_FILES} COMPONENT development)
install(DIRECTORY examples DESTINATION ${DOCUMENTS}/marquee COMPONENT development)

# The licence, once a package.
foreach(NAMES program:marquee server:marquee-server development:libmarquee-dev)
  string(REPLACE ":" ";" NAMES ${NAMES})
  list(GET NAMES 0 COMPONENT)
  list(GET NAMES 1 PACKAGE)
  install(FILES LICENSE DESTINATION ${DOCUMENTS}/${PACKAGE} RENAME copyright COMPONENT ${COMPONENT})
endforeach()

if(MARQUEE_PACKAGE)
  include(cmake/Package.cmake)
endif()
