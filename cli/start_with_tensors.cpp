// In the program that users start: what computes with tensors is done by the program that has
// LibTorch, with the same words.
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cli/commands.h"
#include "cli/malloc_settings.h"
#include "cli/tensor_runs.h"
#include "core/error.h"
#include "core/installed.h"
#include "core/interrupt.h"
#include "core/text.h"

namespace marquee::cli {

namespace {

[[noreturn]] void start() {
  throw_if_interrupted();  // handlers and what they have seen end with this program
  const auto program = program_file("marquee-tensors");
  if (!program) {
    throw system_error(
        "marquee-tensors, which computes with tensors, is not beside this program; build or "
        "install marquee again");
  }
  execv(program->c_str(), arguments());
  throw system_error(cat("cannot start ", program->string(), ": ", std::strerror(errno)));
}

[[noreturn]] void start_keeping_memory() {
  set_memory_to_keep();
  start();
}

}  // namespace

void run_train(TrainArguments /*options*/) { start_keeping_memory(); }
void run_tune(tuning::TuneOptions /*options*/) { start_keeping_memory(); }
void run_evaluate(EvaluateArguments /*options*/) { start_keeping_memory(); }
void run_export(ExportArguments /*options*/) { start(); }
void run_audit(evaluation::FairnessOptions /*options*/, const std::string& /*serving*/) { start(); }
void run_audit(evaluation::PrivacyOptions /*options*/) { start(); }
void run_recommend(const RecommendArguments& /*options*/) { start(); }
void run_predict(const std::string& /*bundle*/, const std::string& /*requests*/) { start(); }
void run_similar(const SimilarArguments& /*options*/) { start(); }
void run_serve(const ServeArguments& /*options*/) { start(); }
void run_check(const CheckArguments& /*options*/) { start(); }
void run_simulate(policy::SimulationOptions /*options*/) { start(); }
void run_experiment(policy::ExperimentOptions /*options*/, std::filesystem::path /*work*/,
                    const std::filesystem::path& /*assign*/) {
  start();
}
void run_doctor() { start(); }

}  // namespace marquee::cli
