#include "core/version.h"

#include "core/commit.inc"  // kCommitText; written by cmake/commit.cmake

namespace marquee {

const char* const kCommit = kCommitText;

}  // namespace marquee
