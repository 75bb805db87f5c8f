// The processes that train one model together, by c10d: what torchrun, mpirun or a shell starts
// with RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT in the environment.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace marquee::training {

// A process among others, by the environment: torchrun's variables, or Open MPI's.
struct Place {
  int64_t rank = 0, size = 1;
  int64_t local_rank = 0, local_size = 1;  // among those of this machine
  std::string address = "127.0.0.1";       // of the first
  uint16_t port = 29500;

  // Throws Error: a variable is missing beside others, or is no number in its range.
  static Place from_environment();
};

class Ranks {
 public:
  // Waits until all are there, at most five minutes. Where the address is loopback, nothing listens
  // beyond it. `device`: "cpu" (gradients go by Gloo) or "cuda" (by NCCL, each rank on the device
  // of its local rank). Throws Error: somebody did not come, this build cannot.
  Ranks(const Place& place, const std::string& device);
  ~Ranks();

  int64_t rank() const { return place_.rank; }
  int64_t size() const { return place_.size; }
  bool is_first() const { return place_.rank == 0; }

  // All ranks call these in the same order. They throw Error (system) if another one has ended.

  void sum(const at::Tensor& values);  // on the CPU; in place, the same for all
  bool any(bool here);
  std::vector<at::Tensor> gather(const at::Tensor& value);  // on the CPU, all of one shape
  void wait_for_all();

  // From then on backward() exchanges the gradients of these, which all ranks name in one order.
  void exchange_gradients_of(const std::vector<at::Tensor>& parameters);

  // Calls backward() of a loss; the gradients of the parameters are then the sum of all ranks'.
  // They are exchanged in buckets as soon as those are complete, while the others are computed.
  // Some parameters may have no part in the loss.
  void backward(const at::Tensor& loss);

 private:
  struct Groups;
  Place place_;
  std::unique_ptr<Groups> groups_;
};

}  // namespace marquee::training
