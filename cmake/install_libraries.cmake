# Installs the shared libraries that PROGRAMS need to DESTINATION: with SYSTEM those of the system,
# with their licences to LICENCES; else all others. Those of the C library stay where they are.
cmake_minimum_required(VERSION 3.22)
set(C_LIBRARY "^(ld-linux.*|lib(c|m|dl|rt|pthread|util|resolv))\\.so")
file(GET_RUNTIME_DEPENDENCIES EXECUTABLES ${PROGRAMS} RESOLVED_DEPENDENCIES_VAR FOUND
     UNRESOLVED_DEPENDENCIES_VAR MISSING PRE_EXCLUDE_REGEXES ${C_LIBRARY})
if(MISSING)
  message(FATAL_ERROR "not found, and needed: ${MISSING}")
endif()

# The Debian package that a file is of.
function(package_of FILE RESULT)
  string(REGEX REPLACE "^/usr" "" SHORT ${FILE})  # where /lib is a link, dpkg may know it as /lib
  foreach(NAME IN ITEMS ${FILE} ${SHORT})
    execute_process(COMMAND dpkg-query -S ${NAME} OUTPUT_VARIABLE SAID RESULT_VARIABLE CODE ERROR_QUIET)
    if(CODE EQUAL 0)
      string(REGEX REPLACE "[:,].*" "" SAID "${SAID}")
      set(${RESULT} ${SAID} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "${FILE} is of no package, so its licence is not known")
endfunction()

foreach(LIBRARY IN LISTS FOUND)
  cmake_path(GET LIBRARY FILENAME NAME)
  file(REAL_PATH ${LIBRARY} REAL)
  set(IS_SYSTEM OFF)
  if(LIBRARY MATCHES "^(/usr)?/lib(64)?/")
    set(IS_SYSTEM ON)
  endif()
  if(NOT IS_SYSTEM STREQUAL SYSTEM)
    continue()
  endif()
  file(INSTALL ${REAL} DESTINATION ${CMAKE_INSTALL_PREFIX}/${DESTINATION} RENAME ${NAME}
       PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  if(SYSTEM)  # they have to find each other, and come with their licences
    execute_process(COMMAND patchelf --set-rpath \$ORIGIN
                            $ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/${DESTINATION}/${NAME}
                    COMMAND_ERROR_IS_FATAL ANY)
    package_of(${REAL} PACKAGE)
    file(INSTALL /usr/share/doc/${PACKAGE}/copyright RENAME ${PACKAGE}
         DESTINATION ${CMAKE_INSTALL_PREFIX}/${LICENCES})
  endif()
endforeach()
