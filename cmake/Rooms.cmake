# marquee_room(NAME SOURCES ... LINKS ...): one static library a room, as marquee::NAME. Rooms can
# be part of a shared library (inference/CMakeLists.txt).
function(marquee_room NAME)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(marquee_${NAME} STATIC ${ROOM_SOURCES})
  add_library(marquee::${NAME} ALIAS marquee_${NAME})
  set_target_properties(marquee_${NAME} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_compile_options(marquee_${NAME} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-semantic-interposition>)
  target_link_libraries(marquee_${NAME} PUBLIC marquee_options ${ROOM_LINKS} PRIVATE ${ROOM_PRIVATE_LINKS})
endfunction()
