// What commands do that compute with tensors, with the arguments that they parsed and checked. The
// program that users start has no LibTorch, whose loading takes a fifth of a second: there each of
// these starts the program that has it (start_with_tensors.cpp). tensor_runs/ has what they do
// there.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "evaluation/evaluate.h"
#include "evaluation/fairness/audit.h"
#include "evaluation/privacy/audit.h"
#include "exporting/export.h"
#include "policy/experiment/experiment.h"
#include "policy/simulation/simulate.h"
#include "serving/http/http.h"
#include "serving/service.h"
#include "training/train.h"
#include "tuning/tune.h"

namespace marquee::cli {

struct TrainArguments {
  std::filesystem::path config;
  std::vector<std::string> overrides;
  training::TrainOptions train;
};
void run_train(TrainArguments options);
void run_tune(tuning::TuneOptions options);

struct ExportArguments {
  exporting::RunExportOptions run;
  exporting::TwoStageOptions stages;
  std::filesystem::path bundle;
  std::string format = "bundle";
};
void run_export(ExportArguments options);

struct EvaluateArguments {
  evaluation::EvaluationOptions evaluation;
  int seeds = 1;
  std::vector<float> strengths;
  std::string method = "msd", by = "genres";
  std::filesystem::path config;
};
void run_evaluate(EvaluateArguments options);

// serving: a server's configuration; "": none.
void run_audit(evaluation::FairnessOptions options, const std::string& serving);
void run_audit(evaluation::PrivacyOptions options);

struct RecommendArguments {
  std::filesystem::path bundle;
  std::string requests, history, user;
  bool has_history = false;
  std::filesystem::path dataset;
  std::string device = "cpu";
  int k = 10;
  bool has_k = false;
  bool json = false;
  float diversity = 0;
  std::vector<std::string> contexts;
  std::filesystem::path parquet;  // "": answers go to stdout
};
void run_recommend(const RecommendArguments& options);
void run_predict(const std::string& bundle, const std::string& requests);

struct SimilarArguments {
  std::filesystem::path bundle;
  std::string title;
  int k = 10;
  bool json = false;
};
void run_similar(const SimilarArguments& options);

struct ServeArguments {
  // As they are given: "NAME=VALUE" of one bundle, or "VALUE" (tenants.h).
  std::vector<std::string> bundles, compared, configs, overrides, states, redis, keys, policies,
      exposures;
  serving::HttpServer::Options http;
  std::string device = "cpu";
  int admin_port = -1;  // none
  int pre_stop_seconds = 0;
  int drain_seconds = 10;
  std::filesystem::path access_log, trusted_keys;
  bool watch = false;
};
void run_serve(const ServeArguments& options);

struct CheckArguments {
  std::filesystem::path bundle, trusted_keys;
  bool json = false;
};
void run_check(const CheckArguments& options);

void run_simulate(policy::SimulationOptions options);

// work: where models of simulated arms are made; assign: members to assign instead. "": none.
void run_experiment(policy::ExperimentOptions options, std::filesystem::path work,
                    const std::filesystem::path& assign);

void run_doctor();

}  // namespace marquee::cli
