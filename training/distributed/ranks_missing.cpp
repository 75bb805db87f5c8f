// In builds without Gloo's headers.
#include "core/error.h"
#include "core/text.h"
#include "training/distributed/ranks.h"

namespace marquee::training {

struct Ranks::Groups {};

Ranks::Ranks(const Place& place, const std::string& /*device*/) : place_(place) {
  throw Error(cat("WORLD_SIZE is ", place.size, ", and this build trains in one process: install ",
                  "the headers of Gloo (libgloo-dev), LibTorch 2.11 or later, and build again"));
}

Ranks::~Ranks() = default;
void Ranks::sum(const at::Tensor& /*values*/) {}
bool Ranks::any(bool here) { return here; }
std::vector<at::Tensor> Ranks::gather(const at::Tensor& value) { return {value}; }
void Ranks::wait_for_all() {}
void Ranks::exchange_gradients_of(const std::vector<at::Tensor>& /*parameters*/) {}
void Ranks::backward(const at::Tensor& loss) { loss.backward(); }

}  // namespace marquee::training
