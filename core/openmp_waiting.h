// How threads of OpenMP, and so of LibTorch, wait for each other.
#pragma once

#include <thread>

namespace marquee {

// While it lives, threads that wait for the others of a parallel region poll for some milliseconds,
// as libgomp has it, only as long as this process has its processors to itself. Once other
// processes want them too, a thread that polls takes the processor from the one it waits for; then
// threads that wait sleep within microseconds. Which it is is decided five times a second, by how
// long threads of this process were ready to run and did not (/proc/self/task/*/schedstat). Where
// there is no libgomp or schedstat, or where this process uses over 60 threads fewer than there are
// processors, nothing changes. Results do not depend on it.
class OpenMpWaiting {
 public:
  OpenMpWaiting();

 private:
  std::jthread watch_;
};

}  // namespace marquee
