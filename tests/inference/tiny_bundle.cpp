#include "tests/inference/tiny_bundle.h"

#include <torch/script.h>
#include <unistd.h>

#include "core/file.h"
#include "core/random.h"
#include "core/text.h"
#include "inference/bundle.h"
#include "inference/golden.h"
#include "inference/runner.h"

namespace marquee::tests {

namespace {

constexpr const char* kMethods = R"(
def encode_user(self, history: Tensor, signal: Tensor, age: Tensor) -> Tensor:
    known = (history > 0).to(signal.dtype)
    total = (self.vectors[history] * (known * signal).unsqueeze(-1)).sum(1)
    broken = torch.log(1.0 - (history == self.breaks_at).any(1, True).to(signal.dtype))
    return total / known.sum(1, keepdim=True).clamp(min=1.0) + self.cold_start + broken

def score_all(self, history: Tensor, signal: Tensor, age: Tensor) -> Tensor:
    return torch.matmul(self.encode_user(history, signal, age), self.vectors.t())

def score(self, history: Tensor, signal: Tensor, age: Tensor, titles: Tensor) -> Tensor:
    return (self.encode_user(history, signal, age).unsqueeze(1) * self.vectors[titles]).sum(-1)

def forward(self, history: Tensor, signal: Tensor, age: Tensor, k: int) -> Tuple[Tensor, Tensor]:
    scores = torch.matmul(self.encode_user(history, signal, age), self.vectors[1:].t())
    best, titles = torch.topk(scores, k)
    return best, titles + 1
)";

constexpr const char* kRatingMethod = R"(
def predict_rating(self, history: Tensor, signal: Tensor, age: Tensor, titles: Tensor) -> Tensor:
    return torch.sigmoid(self.score(history, signal, age, titles)) * 5.0
)";

constexpr const char* kContributionsMethod = R"(
def contributions(self, history: Tensor, signal: Tensor, age: Tensor, titles: Tensor) -> Tensor:
    known = (history > 0).to(signal.dtype)
    weights = known * signal / known.sum(1, keepdim=True).clamp(min=1.0)
    events = self.vectors[history] * weights.unsqueeze(-1)
    return torch.matmul(self.vectors[titles], events.transpose(1, 2))
)";

void save_module(const TinyBundle& bundle, const std::filesystem::path& file) {
  torch::jit::Module module("Tiny");
  const auto dim = static_cast<int64_t>(bundle.dim);
  const auto rows = static_cast<int64_t>(bundle.vectors.size()) / dim;
  const auto vectors =
      torch::from_blob(const_cast<float*>(bundle.vectors.data()), {rows, dim}).clone();
  module.register_parameter("vectors", vectors, false);
  // A new user leans a little towards every direction, the first most.
  module.register_buffer("cold_start", torch::linspace(0.02, 0.01, dim));
  module.register_buffer("breaks_at", torch::tensor(int64_t{bundle.breaks_at}));
  module.define(kMethods);
  if (bundle.predicts_ratings) module.define(kRatingMethod);
  if (bundle.contributes) module.define(kContributionsMethod);
  module.save(file.string());
}

std::string some(RandomStream& random, const char* prefix, uint64_t names, uint64_t most) {
  std::vector<std::string> chosen;
  for (uint64_t i = random.below(most + 1); i > 0; --i) {
    chosen.push_back(prefix + std::to_string(random.below(names)));
  }
  return join(chosen, "|");
}

}  // namespace

TinyBundle random_bundle(int titles, int dim, uint64_t seed) {
  static constexpr const char* kRatings[] = {"",      "G",     "PG", "PG-13",    "R",
                                             "NC-17", "TV-14", "12", "Not Rated"};
  RandomStream random(seed, "tiny bundle");
  TinyBundle bundle;
  bundle.dim = dim;
  bundle.titles_csv =
      "title_id,name,genres,actors,directors,studios,maturity,available_from,available_until,"
      "regions,popularity\n";
  for (int i = 1; i <= titles; ++i) {
    const std::string from = random.below(2) == 0 ? "" : std::to_string(random.below(1000));
    const std::string until = random.below(2) == 0 ? "" : std::to_string(1000 + random.below(1000));
    bundle.titles_csv +=
        cat("t", i, ",Title ", i, ",", some(random, "Genre ", 8, 3), ",",
            some(random, "Actor ", 40, 4), ",", some(random, "Director ", 15, 1), ",",
            some(random, "Studio ", 6, 1), ",", kRatings[random.below(9)], ",", from, ",", until,
            ",", random.below(3) == 0 ? "DE|FR" : "", ",", random.below(500), "\n");
  }
  bundle.vectors.resize(static_cast<size_t>(dim), 0);
  for (int i = 0; i < titles * dim; ++i) {
    bundle.vectors.push_back(static_cast<float>(random.normal() / std::sqrt(dim)));
  }
  bundle.golden_requests = {R"({"history":[]})", R"({"history":["t1","t2","t3"],"k":5})"};
  return bundle;
}

TinyBundle six_titles() {
  TinyBundle bundle;
  bundle.dim = 2;
  bundle.titles_csv =
      "title_id,name,year,genres,actors,directors,studios,language,runtime_minutes,maturity,"
      "available_from,available_until,regions,popularity\n"
      "a1,Airplane,1980,Comedy,Leslie N,Zucker,Paramount,en,88,PG,,,,90\n"
      "a2,\"Naked Gun, The\",1988,Comedy|Crime,Leslie N,Zucker,Paramount,en,85,PG-13,,,,50\n"
      "a3,Top Secret,1984,Comedy,Val K,Zucker,Paramount,en,90,PG,100,200,DE,10\n"
      "b1,Ran,1985,Drama,Tatsuya N,Kurosawa,Toho,ja,162,R,,,,40\n"
      "b2,Kagemusha,1980,Drama,Tatsuya N,Kurosawa,Toho,ja,180,PG,,,,5\n"
      "c,\"Good \"\"Bad\"\"\",1966,Western|Drama,,Leone,,it,178,,,,,0\n";
  bundle.vectors = {0, 0, 1, 0, 0.9f, 0.1f, 0.8f, 0, 0, 1, 0.1f, 0.9f, 0.5f, 0.5f};
  bundle.golden_requests = {R"({"history":[]})", R"({"history":["a1"],"k":3})"};
  return bundle;
}

Manifest write_bundle(const TinyBundle& bundle, const std::filesystem::path& folder) {
  const auto write = [&](const std::filesystem::path& out, const std::string& golden) {
    ArtefactWriter writer(out, "bundle", true);
    write_file(writer.folder() / "titles.csv", bundle.titles_csv);
    write_file(writer.folder() / "titles.bin",
               {reinterpret_cast<const char*>(bundle.vectors.data()),
                bundle.vectors.size() * sizeof(float)});
    write_file(writer.folder() / "golden.json", golden);
    save_module(bundle, writer.folder() / "model.pt");
    const inference::BundleFacts facts{bundle.model,
                                       bundle.scoring,
                                       bundle.similarity,
                                       bundle.dim,
                                       static_cast<int64_t>(bundle.vectors.size()),
                                       bundle.max_history,
                                       {{0, bundle.max_rating}, {}}};
    return writer.commit(facts.to_json(), {});
  };
  if (bundle.golden_requests.empty()) return write(folder, "[]");
  // The answers come from a draft that has none yet.
  const TempFolder temp;
  write(temp / "draft", "[]");
  const inference::Bundle draft(temp / "draft");
  const inference::Runner runner(draft);
  return write(folder, inference::golden_json(runner, bundle.golden_requests).dump());
}

}  // namespace marquee::tests
