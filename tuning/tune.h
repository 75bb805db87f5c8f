// The tuning room: a configuration with a search space becomes the best one of many that are tried.
// tune() is its front door; configs/search.h reads the space, halving.h says who gets how much,
// trial.h is one that is tried, report.h draws what came of it. Start here.
//
// Trials train on the train part and are scored on the validation part, as `train` does: the test
// part is never looked at.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "configs/search.h"
#include "tuning/halving.h"
#include "tuning/trial.h"

namespace marquee::tuning {

struct TuneOptions {
  std::filesystem::path config;
  std::vector<std::string> overrides;
  std::filesystem::path dataset;
  std::filesystem::path out;
  std::string device = "auto";
  int64_t trials = 1;
  int jobs = 1;
  bool resume = false;
  bool overwrite = false;
};

struct Tuned {
  std::string dataset;
  std::vector<configs::SearchKey> keys;
  std::vector<configs::Assignments> trials;
  std::vector<Rung> rungs;
  std::vector<TrialResult> results;  // in order of rung and trial
  TrialResult best;
};

// Leaves in `out`: trials.jsonl (a line a result), best.yaml (the winner, ready for `train`),
// best-run (its run, ready for `export`), report.html and report.json. The same for the same
// configuration, data, machine and threads of a trial, however many jobs there are and however
// often it was broken off. Throws Error: the space or the output is wrong, another search is in
// `out`, all trials failed. Throws Interrupted once trials have left their checkpoints.
Tuned tune(const TuneOptions& options);

}  // namespace marquee::tuning
