// How the page looks, and the few lines of script that let tables be sorted. Both are part of the
// page itself, so that it opens anywhere.
#pragma once

namespace marquee::evaluation {

extern const char* const kStyle;   // CSS
extern const char* const kScript;  // everything on the page is there without it

}  // namespace marquee::evaluation
