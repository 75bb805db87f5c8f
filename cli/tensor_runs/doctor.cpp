#include <ATen/Context.h>
#include <ATen/Version.h>
#include <ATen/core/Tensor.h>
#include <sys/statvfs.h>
#include <torch/version.h>
#include <unistd.h>

#include <fstream>
#include <iostream>

#include "cli/tensor_runs.h"
#include "core/error.h"
#include "core/memory.h"
#include "core/text.h"
#include "core/text_table.h"
#include "core/threads.h"
#include "core/version.h"
#include "inference/retrieval/top_k.h"
#include "models/device.h"

namespace marquee::cli {

namespace {

using Rows = std::vector<std::vector<std::string>>;
constexpr double kLittleMemory = 4.0 * (1 << 30);
constexpr double kLittleDisk = 2.0 * (1 << 30);

double free_disk() {
  struct statvfs info {};
  if (statvfs(".", &info) != 0) return 0;
  return static_cast<double>(info.f_bavail) * static_cast<double>(info.f_frsize);
}

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

void check_cuda(Rows& rows, std::vector<std::string>& findings) {
  try {
    models::resolve_device("cuda");
    rows.push_back({"CUDA", "usable"});
  } catch (const Error& e) {
    const std::string reason = e.what();
    rows.push_back({"CUDA", "not usable: models train and run on the CPU"});
    if (access("/dev/nvidiactl", F_OK) == 0) {
      findings.push_back("a GPU is there but cannot be used: " + reason);
    }
  }
}

}  // namespace

void run_doctor() {
  Rows rows = {{"marquee", cat(kVersion, " (", kCommit, ", ", kBuildType, ")")},
               {"LibTorch", TORCH_VERSION},
               {"processor", cat(processor(), ", ", thread_count(), " threads")},
               {"retrieval", inference::name(inference::best_instruction_set())},
               {"LibTorch CPU", at::get_cpu_capability()}};
  std::vector<std::string> findings;
  check_cuda(rows, findings);
  const auto memory = static_cast<double>(available_memory());
  const double disk = free_disk();
  rows.push_back({"memory", human_bytes(memory) + " available"});
  rows.push_back({"disk", human_bytes(disk) + " free here"});
  if (memory < kLittleMemory) {
    findings.push_back(
        "little memory: quickstart needs about 4 GiB; close other programs or give "
        "fewer --users and --titles to synth");
  }
  if (disk < kLittleDisk) {
    findings.push_back(
        "little disk: datasets take about 25 bytes an interaction; choose another "
        "folder for --out");
  }
  if (std::string(kBuildType) != "Release") {
    findings.push_back(cat("this is a ", kBuildType,
                           " build, several times slower; build with `cmake --preset release`"));
  }
  std::cout << text_table(rows);
  for (const auto& finding : findings) std::cout << "! " << finding << "\n";
  if (findings.empty()) std::cout << "Nothing is missing or odd.\n";
}

}  // namespace marquee::cli
