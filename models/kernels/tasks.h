// Independent tasks on the threads that PyTorch computes with (train.threads).
#pragma once

#include <cstdint>
#include <functional>

namespace marquee::models {

// body(begin, end) for every `size` of `count`; whichever thread is free takes the next. What a
// task gives must not depend on the others.
void in_tasks(int64_t count, int64_t size, const std::function<void(int64_t, int64_t)>& body);

}  // namespace marquee::models
