#include "inference/retrieval/packed_titles.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstdlib>
#include <new>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/text.h"
#include "core/threads.h"

namespace marquee::inference {

namespace {

const ScanKernel& kernel_for(InstructionSet set) {
  if (set > best_instruction_set()) {
    throw Error(cat("this processor does not have the instruction set ", name(set)));
  }
#if defined(__x86_64__)
  if (set >= InstructionSet::kAvx512) return kAvx512Scan;
  if (set == InstructionSet::kAvx2) return kAvx2Scan;
#endif
  return kGenericScan;
}

void release(float* values) { std::free(values); }

// Aligned, and on huge pages where it fills one: a scan reads all of it and would otherwise look up
// a page every 4 KiB.
float* allocate(int64_t count) {
  constexpr size_t kHugePage = size_t{1} << 21;
  const size_t bytes = static_cast<size_t>(count) * sizeof(float);
  const size_t alignment = bytes < kHugePage ? 64 : kHugePage;
  const size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  if (alignment == kHugePage) madvise(memory, rounded, MADV_HUGEPAGE);
  return static_cast<float*>(memory);
}

double norm(std::span<const float> vector) {
  double sum = 0;
  for (const float value : vector) sum += static_cast<double>(value) * value;
  return std::sqrt(sum);
}

}  // namespace

PackedTitles::PackedTitles(std::span<const float> vectors, int dim, InstructionSet instructions)
    : dim_(dim), kernel_(&kernel_for(instructions)), values_(nullptr, release) {
  const auto count = static_cast<int64_t>(vectors.size());
  if (dim < 1 || count < dim || count % dim != 0) {
    throw Error(cat("title vectors: ", count, " values are no rows of ", dim));
  }
  titles_ = count / dim - 1;
  blocks_ = titles_ / kBlockTitles + 1;
  check_vectors(vectors);
  rows_.assign(vectors.begin(), vectors.end());
#if defined(__x86_64__)
  if (instructions >= InstructionSet::kAvx512Vnni) {
    amx_ = instructions == InstructionSet::kAmx;
    coarse_ = std::make_unique<const CoarseTitles>(rows_, dim);
    return;
  }
#endif
  std::call_once(packed_, [this] { pack(); });
  rows_ = {};
}

const CoarseKernel& PackedTitles::coarse_kernel(size_t queries) const {
#if defined(__x86_64__)
  constexpr size_t kFewestForTiles = 3;  // with fewer, most rows are empty
  return amx_ && queries >= kFewestForTiles ? kAmxCoarse : kVnniCoarse;
#else
  std::abort();  // there is no coarse scan
#endif
}

void PackedTitles::check_vectors(std::span<const float> vectors) {
  const auto dim = static_cast<size_t>(dim_);
  for (size_t title = 1; std::cmp_less_equal(title, titles_); ++title) {
    const double length = norm(vectors.subspan(title * dim, dim));
    if (!std::isfinite(length)) {
      throw Error(cat("title vectors: title ", title, " has a value that is not finite"));
    }
    largest_norm_ = std::max(largest_norm_, length);
  }
}

void PackedTitles::pack() const {
  values_.reset(allocate(blocks_ * kBlockTitles * dim_));
  parallel_for(blocks_, 256, [&](int64_t first_block, int64_t end_block) {
    const int64_t block_size = int64_t{dim_} * kBlockTitles;
    std::fill(values_.get() + first_block * block_size, values_.get() + end_block * block_size, 0);
    const int64_t end = std::min(titles_ + 1, end_block * kBlockTitles);
    for (int64_t title = std::max<int64_t>(1, first_block * kBlockTitles); title < end; ++title) {
      float* to = values_.get() + title / kBlockTitles * block_size + title % kBlockTitles;
      const float* row = rows_.data() + title * dim_;
      for (int d = 0; d < dim_; ++d) to[d * kBlockTitles] = row[d];
    }
  });
}

void PackedTitles::score(std::span<const float> query, std::span<ScoredTitle> titles) const {
  constexpr size_t kAtOnce = 64;
  const float* at[kAtOnce];
  float scores[kAtOnce];
  const int64_t stride = coarse_ ? 1 : kBlockTitles;
  for (size_t begin = 0; begin < titles.size(); begin += kAtOnce) {
    const size_t count = std::min(kAtOnce, titles.size() - begin);
    for (size_t i = 0; i < count; ++i) {
      const int64_t title = titles[begin + i].title;
      at[i] = coarse_ ? rows_.data() + title * dim_
                      : block(title / kBlockTitles) + title % kBlockTitles;
    }
    kernel_->score(at, static_cast<int>(count), stride, query.data(), dim_, scores);
    // -0 is 0, as in BestTitles.
    for (size_t i = 0; i < count; ++i) titles[begin + i].score = scores[i] + 0.0F;
  }
}

void PackedTitles::check(std::span<const float> query) const {
  if (std::cmp_not_equal(query.size(), dim_)) {
    throw Error(cat("query of ", query.size(), " values, the titles have ", dim_));
  }
  const double length = norm(query);
  if (!std::isfinite(length)) throw Error("query with a value that is not finite");
  // By Cauchy and Schwarz no partial sum of a score is greater than the product of the norms.
  if (length * largest_norm_ > FLT_MAX / 2) throw Error("query so large that scores overflow");
}

void PackedTitles::check(uint32_t title) const {
  if (title < 1 || title > titles_) {
    throw Error(cat("title ", title, " is not among 1 to ", titles_));
  }
}

#if defined(__x86_64__)
namespace {

// Linux gives a process AMX's registers, 8 KiB a thread, only on request.
bool may_use_amx() {
  constexpr int kRequestPermission = 0x1023, kTileData = 18;
  constexpr unsigned kTilesOfBytes = 1U << 24 | 1U << 25;  // amx-tile, amx-int8
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & kTilesOfBytes) == kTilesOfBytes &&
         syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

}  // namespace
#endif

InstructionSet best_instruction_set() {
#if defined(__x86_64__)
  const bool fma = __builtin_cpu_supports("fma") && __builtin_cpu_supports("popcnt");
  const bool avx512 = fma && __builtin_cpu_supports("avx512f");
  const bool vnni = avx512 && __builtin_cpu_supports("avx512vnni");
  static const bool amx = vnni && may_use_amx();
  if (amx) return InstructionSet::kAmx;
  if (vnni) return InstructionSet::kAvx512Vnni;
  if (avx512) return InstructionSet::kAvx512;
  if (fma && __builtin_cpu_supports("avx2")) return InstructionSet::kAvx2;
#endif
  return InstructionSet::kGeneric;
}

const char* name(InstructionSet set) {
  switch (set) {
    case InstructionSet::kAmx:
      return "amx";
    case InstructionSet::kAvx512Vnni:
      return "avx512_vnni";
    case InstructionSet::kAvx512:
      return "avx512";
    case InstructionSet::kAvx2:
      return "avx2";
    case InstructionSet::kGeneric:
      break;
  }
  return "generic";
}

}  // namespace marquee::inference
