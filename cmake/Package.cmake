# Packages (scripts/package): .deb files for Debian and Ubuntu, whose other libraries come from
# there, and one relocatable .tar.gz that brings all libraries but the C library's.

# LibTorch's half for CPUs and what it needs from CUDA to be loaded. The half for GPUs is several
# gigabytes; docs/installing.md says how to use one from elsewhere.
install(CODE "set(PROGRAMS $<TARGET_FILE:marquee-serve>)
set(DESTINATION ${MARQUEE_PRIVATE_LIBRARIES})
set(SYSTEM OFF)" COMPONENT libtorch)
install(SCRIPT cmake/install_libraries.cmake COMPONENT libtorch)
install(CODE "set(PROGRAMS $<TARGET_FILE:marquee> $<TARGET_FILE:marquee-tensors> $<TARGET_FILE:marquee-serve>)
set(DESTINATION ${MARQUEE_PRIVATE_LIBRARIES})
set(LICENCES ${DOCUMENTS}/marquee/libraries)
set(SYSTEM ON)" COMPONENT libraries)
install(SCRIPT cmake/install_libraries.cmake COMPONENT libraries)

# LibTorch's licence and those of what is in it; beside torch/ in PyPI's form, in it in others.
file(GLOB TORCH_LICENCES ${TORCH_INSTALL_PREFIX}/../torch-*.dist-info/licenses/*
     ${TORCH_INSTALL_PREFIX}/LICENSE ${TORCH_INSTALL_PREFIX}/NOTICE)
file(GLOB CUDA_LICENCES ${TORCH_INSTALL_PREFIX}/../nvidia_cuda_runtime-*.dist-info/licenses/License.txt
     ${CUDA_TOOLKIT_ROOT_DIR}/EULA.txt)
if(NOT TORCH_LICENCES)
  message(FATAL_ERROR "no licence of LibTorch beside ${TORCH_INSTALL_PREFIX}, which a package has to bring")
endif()
install(FILES ${TORCH_LICENCES} ${CUDA_LICENCES} DESTINATION ${DOCUMENTS}/marquee-libtorch COMPONENT libtorch)

set(CPACK_PACKAGE_NAME marquee)
set(CPACK_PACKAGE_VENDOR "the Marquee developers")
set(CPACK_PACKAGE_CONTACT "the Marquee developers")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/cmake/package_form.cmake)

string(TOLOWER ${CMAKE_SYSTEM_PROCESSOR} PROCESSOR)
set(CPACK_ARCHIVE_FILE_NAME marquee-${PROJECT_VERSION}-linux-${PROCESSOR})
set(CPACK_PACKAGE_FILE_NAME ${CPACK_ARCHIVE_FILE_NAME})

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE zstd)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${MARQUEE_TORCH_LIB})
set(CPACK_DEBIAN_PACKAGE_SECTION science)

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME marquee)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS "marquee-libtorch (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS marquee-server)
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "The complete program, with presets and documents.")
set(CPACK_DEBIAN_SERVER_PACKAGE_NAME marquee-server)
set(CPACK_DEBIAN_SERVER_PACKAGE_DEPENDS "marquee-libtorch (= ${PROJECT_VERSION})")
set(CPACK_COMPONENT_SERVER_DESCRIPTION "The server alone, marquee-serve: it answers from bundles and cannot train.")
set(CPACK_DEBIAN_LIBTORCH_PACKAGE_NAME marquee-libtorch)
set(CPACK_COMPONENT_LIBTORCH_DESCRIPTION "LibTorch for CPUs as Marquee was tested with it, where no other program looks.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libmarquee-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "marquee-libtorch (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "Library, headers, CMake files and examples for C++ programs that answer from bundles.")
include(CPack)
