// Two exported models as one: the first picks candidates from the whole catalogue, the second,
// which may cost more a title, puts those in order.
#pragma once

#include <cstdint>
#include <filesystem>

namespace marquee::models {

struct StageModule {
  std::filesystem::path file;  // model.pt
  int64_t max_history = 1;     // newest events it takes
};

// Writes a module with the methods of one that scores every title: the `count` best by `candidates`
// that are not in the history come first, ordered and scored by `ranking`; all others follow in the
// order of `candidates`. Both must know the same titles. Throws Error (artefact) where a module
// lacks a method.
void export_two_stage(const StageModule& candidates, const StageModule& ranking, int64_t count,
                      const std::filesystem::path& file);

}  // namespace marquee::models
