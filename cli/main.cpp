#include "cli/commands.h"
#include "cli/program.h"

int main(int argc, char** argv) {
  using namespace marquee::cli;
  return run_and_report(
      {.name = "marquee",
       .description =
           "Marquee: a recommender for streaming catalogues, from events to the titles a member "
           "sees.\nStart with `marquee quickstart`.",
       .commands = {add_quickstart,  add_synth,
                    add_ingest,      add_train,
                    add_tune,        add_export,
                    add_evaluate,    add_audit,
                    add_card,        add_forget,
                    add_export_user, add_ope,
                    add_experiment,  add_policy,
                    add_simulate,    add_recommend,
                    add_similar,     add_predict,
                    add_serve,       add_check,
                    add_sign,        add_health,
                    add_inspect,     add_doctor,
                    add_reference,   [](CLI::App& app) { add_completion(app); }}},
      argc, argv);
}
