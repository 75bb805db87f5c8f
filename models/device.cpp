#include "models/device.h"

#include <ATen/Context.h>
#include <dlfcn.h>

#include <filesystem>

#include "core/error.h"
#include "core/text.h"

namespace marquee::models {

namespace {

// Only the CPU half of LibTorch is linked; loading the CUDA half registers its kernels.
std::string load_cuda() {
  static const std::string failure = [] {
    if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr)
      return std::string(dlerror());
    return std::string();
  }();
  if (!failure.empty()) return "this LibTorch has no CUDA half (" + failure + ")";
  return at::hasCUDA() ? "" : "no CUDA device is visible";
}

bool driver_present() { return std::filesystem::exists("/dev/nvidiactl"); }

}  // namespace

std::string resolve_device(const std::string& requested) {
  if (requested == "cpu") return "cpu";
  if (requested == "cuda") {
    if (const std::string failure = load_cuda(); !failure.empty()) {
      throw Error(cat("--device cuda: ", failure, "; use --device cpu, and see `marquee doctor`"));
    }
    return "cuda";
  }
  if (requested == "auto") return driver_present() && load_cuda().empty() ? "cuda" : "cpu";
  throw Error(cat("--device ", in_quotes(requested), ": must be auto, cpu or cuda"));
}

}  // namespace marquee::models
