#include "inference/onboarding.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <unordered_map>

#include "core/text.h"
#include "inference/contexts.h"
#include "inference/json_writer.h"
#include "inference/request_fields.h"

namespace marquee::inference {

namespace {

constexpr double kFlatness = 30;  // of 1 / (this + rank): how little the first ranks stand out

struct Answered {
  std::string title_id, answer;
};

constexpr JsonField<Answered> kAnswerFields[] = {
    kTitleField<Answered>,
    {"answer",
     [](JsonValue& v, Answered& a) {
       a.answer = v.text(data::kMaxIdBytes);
       if (a.answer == "like" || a.answer == "dislike" || a.answer == "unknown") return;
       v.place().refuse(
           cat("must be \"like\", \"dislike\" or \"unknown\", not ", in_quotes(a.answer)));
     }},
};

void add_answer(JsonValue& value, OnboardingRequest& request) {
  Answered answered;
  value.object<Answered>(kAnswerFields, answered);
  if (answered.title_id.empty()) value.place().refuse("needs a title_id");
  if (answered.answer.empty()) value.place().refuse("needs an answer");
  auto& of_kind = answered.answer == "like"      ? request.likes
                  : answered.answer == "dislike" ? request.dislikes
                                                 : request.unknown;
  of_kind.push_back(std::move(answered.title_id));
}

constexpr JsonField<OnboardingRequest> kFields[] = {
    {"answers",
     [](JsonValue& v, OnboardingRequest& r) {
       v.each(kMaxOnboardingAnswers, [&](JsonValue& answer) { add_answer(answer, r); });
     }},
    kIdField<OnboardingRequest>,
    kAtField<OnboardingRequest>,
    {"k",
     [](JsonValue& v, OnboardingRequest& r) { r.k = static_cast<int>(v.whole(1, kMaxQuestions)); }},
    {"filters", [](JsonValue& v, OnboardingRequest& r) { read_filters(v, r.filters); }},
    kContextField<OnboardingRequest>,
};

void refuse_repeated(const OnboardingRequest& request) {
  std::unordered_set<std::string_view> met;
  for (const auto* titles : {&request.likes, &request.dislikes, &request.unknown}) {
    for (const std::string& title : *titles) {
      if (met.insert(title).second) continue;
      throw Error(cat("answers: title ", in_quotes(title), " is answered twice"));
    }
  }
}

OnboardingAnswer answered(const Runner& runner, const OnboardingRequest& request,
                          Ranking& ranking) {
  const TitleTable& titles = runner.bundle().titles();
  OnboardingAnswer answer{request.id, runner.bundle().name(), {}, {}};
  answer.unknown_titles = std::move(ranking.unknown_titles);
  std::unordered_set<uint32_t> asked;
  for (const auto* ids : {&request.likes, &request.dislikes, &request.unknown}) {
    for (const std::string& id : *ids) {
      const int64_t title = titles.find(id);
      if (title != 0) asked.insert(static_cast<uint32_t>(title));
      if (title == 0 && ids == &request.unknown) answer.unknown_titles.push_back(id);
    }
  }
  for (const uint32_t title : next_questions(runner, ranking, asked, request.k)) {
    answer.questions.push_back(runner.detailed({title, 0}, {}));
  }
  return answer;
}

// Eligible titles that were not asked, the most watched first: in the request's context, if it has
// one.
std::vector<uint32_t> most_watched(const Runner& runner, const Ranking& ranking,
                                   const std::unordered_set<uint32_t>& asked, size_t count) {
  std::vector<uint32_t> titles;
  for (const uint32_t title : runner.most_watched()) {
    if (titles.size() == count) break;
    if (ranking.is_eligible(title) && !asked.contains(title)) titles.push_back(title);
  }
  if (ranking.context.empty()) return titles;
  const Bundle& bundle = runner.bundle();
  std::ranges::stable_sort(titles, std::greater(), [&](uint32_t title) {
    const auto watched = static_cast<float>(bundle.titles()[title].popularity);
    return std::log1p(watched) + bundle.contexts()->lift(ranking.context, title);
  });
  return titles;
}

}  // namespace

OnboardingRequest parse_onboarding_request(std::string_view json) {
  OnboardingRequest request;
  read_document<OnboardingRequest>(json, kFields, request);
  refuse_repeated(request);
  return request;
}

Request ranking_request(const OnboardingRequest& request, int k) {
  Request ranking;
  for (const std::string& id : request.likes) {
    ranking.history.push_back(
        {.title_id = id, .timestamp = {}, .event = data::Event::kLike, .value = data::kNoValue});
  }
  ranking.exclude = request.dislikes;
  ranking.filters = request.filters;
  ranking.context = request.context;
  ranking.at = request.at;
  ranking.k = k;
  ranking.as_ranked = true;
  return ranking;
}

std::vector<uint32_t> next_questions(const Runner& runner, const Ranking& ranking,
                                     const std::unordered_set<uint32_t>& asked, int k) {
  std::vector<std::pair<uint32_t, double>> fused;  // popular ones first
  std::unordered_map<uint32_t, size_t> place;
  const auto add = [&](uint32_t title, double rank) {
    const auto [at, is_new] = place.try_emplace(title, fused.size());
    if (is_new) fused.emplace_back(title, 0);
    fused[at->second].second += 1 / (kFlatness + rank);
  };
  const auto depth = static_cast<size_t>(std::max(k, kQuestionDepth));
  for (const uint32_t title : most_watched(runner, ranking, asked, depth)) {
    add(title, static_cast<double>(fused.size()));
  }
  double rank = 0;
  if (!ranking.user.history.titles.empty()) {
    for (const ScoredTitle& each : ranking.best) {
      if (!asked.contains(each.title)) add(each.title, rank++);
    }
  }
  std::ranges::stable_sort(fused, [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<uint32_t> titles;
  for (size_t i = 0; i < std::min(fused.size(), static_cast<size_t>(k)); ++i) {
    titles.push_back(fused[i].first);
  }
  return titles;
}

std::vector<Result<OnboardingAnswer>> next_questions(const Runner& runner,
                                                     std::span<const OnboardingRequest> requests) {
  std::vector<Request> rankings;
  for (const OnboardingRequest& request : requests) {
    const size_t asked = request.likes.size() + request.dislikes.size() + request.unknown.size();
    rankings.push_back(ranking_request(request, kQuestionDepth + static_cast<int>(asked)));
  }
  auto ranked = runner.try_rank(rankings);
  std::vector<Result<OnboardingAnswer>> results;
  for (size_t i = 0; i < requests.size(); ++i) {
    if (const auto* error = std::get_if<Error>(&ranked[i])) {
      results.emplace_back(*error);
    } else {
      results.emplace_back(answered(runner, requests[i], std::get<Ranking>(ranked[i])));
    }
  }
  return results;
}

std::string to_json(const OnboardingAnswer& answer) {
  std::string out;
  append_id(out, answer.id);
  out += ",\"model\":";
  append_text(out, answer.model);
  append_list(out, ",\"questions\":", answer.questions, [&](const AnsweredTitle& item) {
    out += "{\"title_id\":";
    append_text(out, item.title_id);
    out += ",\"name\":";
    append_text(out, item.name);
    if (item.year != 0) out += ",\"year\":" + std::to_string(item.year);
    append_list(out, ",\"genres\":", item.genres,
                [&](const std::string& genre) { append_text(out, genre); });
    out += '}';
  });
  append_end(out, answer.unknown_titles);
  return out;
}

}  // namespace marquee::inference
