# marquee_room(NAME SOURCES ... LINKS ...): one static library a room, as marquee::NAME.
function(marquee_room NAME)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(marquee_${NAME} STATIC ${ROOM_SOURCES})
  add_library(marquee::${NAME} ALIAS marquee_${NAME})
  target_link_libraries(marquee_${NAME} PUBLIC marquee_options ${ROOM_LINKS} PRIVATE ${ROOM_PRIVATE_LINKS})
endfunction()
