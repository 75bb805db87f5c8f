// TorchScript that every exported module has, whatever the model.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace marquee::models {

// By scores_of_all(). Seen titles and padding are never among the best: where fewer than k titles
// are left, the rest of a row is title 0 with score 0.
inline constexpr std::string_view kForwardMethod = R"(
def forward(self, history: Tensor, signal: Tensor, age: Tensor, k: Tensor{takes_user}) -> Tuple[Tensor, Tensor]:
    scores = self.scores_of_all(history, signal, age{user}).scatter(1, history, float("-inf"))
    scores[:, 0] = float("-inf")
    best = torch.topk(scores, min(int(k.max().item()), scores.size(1) - 1), 1)
    missing = best[0] == float("-inf")
    return best[0].masked_fill(missing, 0.0), best[1].masked_fill(missing, 0)
)";

// `source` with what `texts` has for each {NAME}.
std::string filled(std::string_view source, const std::map<std::string, std::string>& texts);

// The texts {takes_user}, in a method's arguments, and {user}, in a call: the last argument of
// methods of a module that knows users by id, and nothing in those of others.
std::map<std::string, std::string> user_texts(bool knows_users);

}  // namespace marquee::models
