# marquee_room(NAME SOURCES ... LINKS ...): one static library a room, as marquee::NAME. Rooms can
# be part of a shared library (inference/CMakeLists.txt). PRECOMPILED: headers of others to read
# once, beside the standard library's; or AS: the room whose precompiled headers this one takes.
function(marquee_room NAME)
  cmake_parse_arguments(ROOM "" "AS" "SOURCES;LINKS;PRIVATE_LINKS;PRECOMPILED" ${ARGN})
  add_library(marquee_${NAME} STATIC ${ROOM_SOURCES})
  add_library(marquee::${NAME} ALIAS marquee_${NAME})
  set_target_properties(marquee_${NAME} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_compile_options(marquee_${NAME} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-semantic-interposition>)
  target_link_libraries(marquee_${NAME} PUBLIC marquee_options ${ROOM_LINKS} PRIVATE ${ROOM_PRIVATE_LINKS})
  if(ROOM_PRECOMPILED)
    marquee_precompile(marquee_${NAME} ${MARQUEE_STANDARD_HEADERS} ${ROOM_PRECOMPILED})
  elseif(ROOM_AS)
    marquee_precompile_as(marquee_${NAME} marquee_${ROOM_AS})
  else()
    marquee_precompile_as(marquee_${NAME} marquee_headers)
  endif()
endfunction()
