// The one thing of NCCL's that Ranks needs. It is a module of its own, loaded after LibTorch's CUDA
// half, which has the rest and is linked by nothing.
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

extern "C" __attribute__((visibility("default"))) void marquee_make_nccl(
    const c10::intrusive_ptr<c10d::Store>& store, int rank, int size,
    c10::intrusive_ptr<c10d::Backend>& made) {
  made = c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, size);
}
