// What to ask a new member: titles that they probably know and like, given what they answered so
// far. So few questions are wasted on titles that mean nothing to them, and a like is what models
// learn most from.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "inference/runner.h"

namespace marquee::inference {

inline constexpr int kMaxOnboardingAnswers = 500;
inline constexpr int kMaxQuestions = 100;  // k

struct OnboardingRequest {
  std::string id;                                     // comes back with the answer; "": none
  std::vector<std::string> likes, dislikes, unknown;  // titles asked so far, by what was answered
  int k = 1;
  Filters filters;
  std::vector<ContextValue> context;
  std::optional<int64_t> at;  // as UserRequest
};

struct OnboardingAnswer {
  std::string id;
  std::string model;
  std::vector<AnsweredTitle> questions;  // the best first, with year and genres
  std::vector<std::string> unknown_titles;
};

// As parse_request. Throws Error, also for a title that is answered twice.
OnboardingRequest parse_onboarding_request(std::string_view json);
std::string to_json(const OnboardingAnswer& answer);  // one line, without its end

// One result a request, in order, in one pass over the model.
std::vector<Result<OnboardingAnswer>> next_questions(const Runner& runner,
                                                     std::span<const OnboardingRequest> requests);

// What a model is asked for of somebody who gave such answers: likes are their history, and what
// they dislike is left out. `k`: titles wanted.
Request ranking_request(const OnboardingRequest& request, int k);

// At most `k` eligible titles that are not in `asked`, by reciprocal rank fusion (Cormack, Clarke &
// Büttcher, SIGIR 2009) of how many watch them and, if anything is liked, of the ranking. Ties go
// to the more popular one.
std::vector<uint32_t> next_questions(const Runner& runner, const Ranking& ranking,
                                     const std::unordered_set<uint32_t>& asked, int k);

// Titles of a ranking that next_questions() looks at, beyond those that were asked.
inline constexpr int kQuestionDepth = 300;

}  // namespace marquee::inference
