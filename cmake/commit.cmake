# cmake -DSOURCE=DIR -DOUT=FILE -P commit.cmake: writes the commit of the sources to FILE, if it is
# another one than FILE has. The first of: MARQUEE_COMMIT of the environment, what git says, what
# `git archive` wrote into commit.txt.
cmake_minimum_required(VERSION 3.22)
file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/commit.txt COMMIT REGEX "^[0-9a-f]+$")
execute_process(COMMAND git -C ${SOURCE} describe --always --abbrev=12 --dirty=+ --exclude *
                OUTPUT_VARIABLE SAID OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
# A folder inside another repository, such as an unpacked archive, is none of that repository.
if(EXISTS ${SOURCE}/.git AND SAID)
  set(COMMIT ${SAID})
endif()
if(NOT "$ENV{MARQUEE_COMMIT}" STREQUAL "")
  set(COMMIT "$ENV{MARQUEE_COMMIT}")
endif()
if(NOT COMMIT)
  set(COMMIT unknown)
elseif(NOT COMMIT MATCHES "^[0-9a-zA-Z.+-]+$")
  message(FATAL_ERROR "MARQUEE_COMMIT is no name of a commit: ${COMMIT}")
endif()
file(CONFIGURE OUTPUT ${OUT} CONTENT "static constexpr char kCommitText[] = \"@COMMIT@\";\n" @ONLY)
