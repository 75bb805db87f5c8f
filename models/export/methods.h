// TorchScript that every exported module has, whatever the model.
#pragma once

namespace marquee::models {

// By scores_of_all(). Seen titles and padding are never among the best: where fewer than k titles
// are left, the rest of a row is title 0 with score 0.
inline constexpr const char* kForwardMethod = R"(
def forward(self, history: Tensor, signal: Tensor, age: Tensor, k: Tensor) -> Tuple[Tensor, Tensor]:
    scores = self.scores_of_all(history, signal, age).scatter(1, history, float("-inf"))
    scores[:, 0] = float("-inf")
    best = torch.topk(scores, min(int(k.max().item()), scores.size(1) - 1), 1)
    missing = best[0] == float("-inf")
    return best[0].masked_fill(missing, 0.0), best[1].masked_fill(missing, 0)
)";

}  // namespace marquee::models
