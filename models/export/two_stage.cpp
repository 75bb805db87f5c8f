#include "models/export/two_stage.h"

#include <torch/script.h>

#include <sstream>

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "models/export/methods.h"

namespace marquee::models {

namespace jit = torch::jit;

namespace {

constexpr const char* kScoring = R"(
def newest(self, events: Tensor, mask: Tensor, limit: int) -> Tensor:
    if events.size(1) <= limit:
        return events
    first = (mask.sum(1) - limit).clamp(min=0).unsqueeze(1)
    places = first + torch.arange(limit, device=events.device).unsqueeze(0)
    return events.gather(1, places)

def candidate_scores(self, history: Tensor, signal: Tensor, age: Tensor{takes_user}) -> Tensor:
    mask, limit = history.gt(0), self.candidates_history
    return self.candidates.scores_of_all(self.newest(history, mask, limit),
                                         self.newest(signal, mask, limit),
                                         self.newest(age, mask, limit){user of candidates})

def ranking_scores(self, history: Tensor, signal: Tensor, age: Tensor, titles: Tensor{takes_user}) -> Tensor:
    mask, limit = history.gt(0), self.ranking_history
    return self.ranking.score(self.newest(history, mask, limit), self.newest(signal, mask, limit),
                              self.newest(age, mask, limit), titles{user of ranking})

def score_all(self, history: Tensor, signal: Tensor, age: Tensor{takes_user}) -> Tensor:
    scores = self.candidate_scores(history, signal, age{user})
    unseen = scores.scatter(1, history, float("-inf"))
    unseen[:, 0] = float("-inf")
    best = torch.topk(unseen, min(self.count, scores.size(1) - 1), 1)[1]
    ranked = self.ranking_scores(history, signal, age, best{user})
    below = scores - scores.amax(1, True) + ranked.amin(1, True) - 1
    result = below.scatter(1, best, ranked)
    result[:, 0] = 0
    return result

def scores_of_all(self, history: Tensor, signal: Tensor, age: Tensor{takes_user}) -> Tensor:
    return self.score_all(history, signal, age{user})

def score(self, history: Tensor, signal: Tensor, age: Tensor, titles: Tensor{takes_user}) -> Tensor:
    return self.score_all(history, signal, age{user}).gather(1, titles)
)";

// Ratings are those of the stage that predicts them.
constexpr const char* kRatings = R"(
def predict_rating(self, history: Tensor, signal: Tensor, age: Tensor, titles: Tensor{takes_user}) -> Tensor:
    mask, limit = history.gt(0), self.{stage}_history
    return self.{stage}.predict_rating(self.newest(history, mask, limit),
                                       self.newest(signal, mask, limit),
                                       self.newest(age, mask, limit), titles{user of stage})
)";

// What the history adds is that of the stage that can say it, 0 for events it does not take.
constexpr const char* kContributions = R"(
def contributions(self, history: Tensor, signal: Tensor, age: Tensor, titles: Tensor{takes_user}) -> Tensor:
    mask, limit = history.gt(0), self.{stage}_history
    newest = self.{stage}.contributions(self.newest(history, mask, limit),
                                        self.newest(signal, mask, limit),
                                        self.newest(age, mask, limit), titles{user of stage})
    first = (mask.sum(1) - limit).clamp(min=0).unsqueeze(1)
    places = first + torch.arange(newest.size(2), device=newest.device).unsqueeze(0)
    nothing = newest.new_zeros([newest.size(0), newest.size(1), history.size(1)])
    return nothing.scatter(2, places.unsqueeze(1).expand_as(newest), newest)
)";

bool takes_user(const jit::Module& stage, const char* method) {
  return stage.get_method(method).function().getSchema().argumentIndexWithName("user").has_value();
}

bool knows_users(const jit::Module& stage) { return takes_user(stage, "forward"); }

jit::Module load(const StageModule& stage, const char* needed) {
  jit::Module module = jit::load(stage.file.string(), at::kCPU);
  if (!module.find_method(needed)) {
    throw artefact_error(cat(stage.file.string(), " has no method ", needed,
                             "; export its run again with this version"));
  }
  return module;
}

}  // namespace

void export_two_stage(const StageModule& candidates, const StageModule& ranking, int64_t count,
                      const std::filesystem::path& file) {
  const jit::Module first = load(candidates, "scores_of_all");
  const jit::Module second = load(ranking, "score");
  jit::Module module("__torch__.marquee.TwoStage");
  module.register_module("candidates", first);
  module.register_module("ranking", second);
  const auto add_number = [&](const char* name, int64_t value) {
    module.register_attribute(name, c10::IntType::get(), value);
  };
  add_number("candidates_history", candidates.max_history);
  add_number("ranking_history", ranking.max_history);
  add_number("count", count);
  auto texts = user_texts(knows_users(first) || knows_users(second));
  texts["user of candidates"] = user_texts(knows_users(first))["user"];
  texts["user of ranking"] = user_texts(knows_users(second))["user"];
  module.define(filled(kScoring, texts));
  module.define(filled(kForwardMethod, texts));
  const auto define_once = [&](const char* method, const char* source) {
    for (const auto& [name, stage] : {std::pair{"ranking", &second}, {"candidates", &first}}) {
      if (!stage->find_method(method) || module.find_method(method)) continue;
      texts["stage"] = name;
      texts["user of stage"] = user_texts(takes_user(*stage, method))["user"];
      module.define(filled(source, texts));
    }
  };
  define_once("predict_rating", kRatings);
  define_once("contributions", kContributions);
  module.eval();
  std::ostringstream bytes;
  module.save(bytes);
  write_file(file, bytes.str());
}

}  // namespace marquee::models
