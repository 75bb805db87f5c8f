// Why a title was recommended, in words that are true of the user's own history.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "inference/bundle.h"
#include "inference/ranker.h"
#include "inference/title_names.h"
#include "inference/user.h"

namespace marquee::inference {

// Uses the positive_titles() among the newest max_history events. A title's reasons are similarity
// and the first favourite, where they apply:
//   "because you watched NAME" (or "liked")  the watched title that adds most to the score, if the
//                                            model says what each adds (contributions.h), else the
//                                            one whose vector is nearest, from a cosine of 0.5 on
//   "more with ACTOR", "more by DIRECTOR",   favourites: a name that two or more watched titles
//   "more from STUDIO"                       share with it,
//   "you often watch GENRE"                  or a genre of three or more watched titles and at
//                                            least a quarter of them
// If neither applies: "already in your history" for a title that is, else "popular with members"
// for the most popular fifth of all titles, else "new to you".
class Reasons {
 public:
  Reasons(const Bundle& bundle, const Ranker& ranker);  // which must outlive this

  struct List {
    const User* user = nullptr;
    std::span<const ScoredTitle> titles;  // recommended to the user
  };

  // Ranker::contributions of several lists, in few calls of the module: each is for explain().
  // Empty where the list is or the module has none.
  std::vector<std::vector<float>> contributions(std::span<const List> lists) const;

  // The reasons of each title of a list, in their order.
  std::vector<std::vector<std::string>> explain(const List& list,
                                                std::vector<float> contributions) const;
  std::vector<std::vector<std::string>> explain(const User& user,
                                                std::span<const ScoredTitle> titles) const;

 private:
  template <typename Titles>
  void prefetch(const Titles& titles) const;

  const Bundle& bundle_;
  const TitleNames names_;
  const Ranker& ranker_;
  std::vector<float> norms_;  // of the title vectors, if similarity is theirs
  int64_t popular_;           // least train interactions of a popular title
};

}  // namespace marquee::inference
